package org.pmsevents.platform.tracing;

import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.common.export.MemoryMode;
import io.opentelemetry.sdk.resources.Resource;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jboss.logging.Logger;

/** Turns tracing on if a collector is configured. A native executable finds the sender by its class name. */
@RegisterForReflection(classNames = "io.opentelemetry.exporter.sender.jdk.internal.JdkHttpSenderProvider")
@Singleton
class TracingProducer {
    private static final Logger LOG = Logger.getLogger(TracingProducer.class);
    private static final Duration CONNECT = Duration.ofSeconds(3);
    /** How long a shutdown waits for the last spans. */
    private static final Duration LAST_EXPORT = Duration.ofSeconds(2);

    private static final String PATH = "v1/traces";
    private static final Set<String> SCHEMES = Set.of("http", "https");

    @Produces
    @Singleton
    Tracing tracing(TracingConfig config, MeterRegistry meters) {
        var endpoint = endpoint(config);
        if (endpoint.isEmpty() || config.disabled()) {
            return Tracing.OFF;
        }
        LOG.infof("traces are exported to %s, share %s", endpoint.get().getAuthority(), config.ratio());
        var timeout = Duration.ofMillis(config.timeoutMillis());
        var exporter = OtlpHttpSpanExporter.builder()
                .setEndpoint(endpoint.get().toString())
                .setTimeout(timeout)
                .setConnectTimeout(CONNECT)
                .setMemoryMode(MemoryMode.IMMUTABLE_DATA);
        pairs("OTEL_EXPORTER_OTLP_HEADERS", config.headers()).forEach(exporter::addHeader);
        return new OpenTelemetryTracing(
                resource(config),
                config.ratio(),
                new BoundedExport(
                        exporter.build(), config.queue(), Duration.ofMillis(config.delayMillis()), timeout, meters),
                LAST_EXPORT);
    }

    void close(@Disposes Tracing tracing) {
        if (tracing instanceof OpenTelemetryTracing on) {
            on.close();
        }
    }

    /** @throws IllegalArgumentException that does not repeat the URL, because it may contain a password */
    private static Optional<URI> endpoint(TracingConfig config) {
        return config.endpoint()
                .or(() -> config.collector().map(base -> base.endsWith("/") ? base + PATH : base + "/" + PATH))
                .map(text -> {
                    URI uri;
                    try {
                        uri = new URI(text);
                    } catch (URISyntaxException e) {
                        throw notAnEndpoint();
                    }
                    if (!SCHEMES.contains(uri.getScheme()) || uri.getHost() == null || uri.getRawUserInfo() != null) {
                        throw notAnEndpoint();
                    }
                    return uri;
                });
    }

    private static IllegalArgumentException notAnEndpoint() {
        return new IllegalArgumentException(
                "OTEL_EXPORTER_OTLP_ENDPOINT, or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, must be http://host:port or https://…,"
                        + " without a user or password: those go into OTEL_EXPORTER_OTLP_HEADERS, as authorization=Basic%20…");
    }

    private static Resource resource(TracingConfig config) {
        var attributes = Attributes.builder();
        pairs("OTEL_RESOURCE_ATTRIBUTES", config.resourceAttributes()).forEach(attributes::put);
        attributes.put("service.name", config.serviceName());
        attributes.put("service.instance.id", UUID.randomUUID().toString());
        return Resource.getDefault().merge(Resource.create(attributes.build()));
    }

    /** Parses {@code name=value,…}, percent-encoded, as in the OpenTelemetry specification. */
    private static Map<String, String> pairs(String variable, Optional<String> text) {
        var pairs = new LinkedHashMap<String, String>();
        for (var pair : text.orElse("").split(",", -1)) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                pairs.put(
                        decoded(variable, pair.substring(0, equals).strip()),
                        decoded(variable, pair.substring(equals + 1).strip()));
            } else if (!pair.isBlank()) {
                throw notPairs(variable);
            }
        }
        return pairs;
    }

    private static String decoded(String variable, String text) {
        try {
            return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw notPairs(variable);
        }
    }

    /** Does not repeat the value: it may be a key. */
    private static IllegalArgumentException notPairs(String variable) {
        return new IllegalArgumentException(variable
                + " must be name=value,…, with a percent sign, a comma or an equals sign in it as %25, %2C, %3D");
    }
}
