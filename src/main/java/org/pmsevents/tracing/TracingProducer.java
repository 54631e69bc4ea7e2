package org.pmsevents.tracing;

import io.micrometer.core.instrument.MeterRegistry;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.common.export.MemoryMode;
import io.opentelemetry.sdk.resources.Resource;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jboss.logging.Logger;

/** Turns tracing on if a collector is named. In a native executable the sender is found by its name. */
@RegisterForReflection(classNames = "io.opentelemetry.exporter.sender.jdk.internal.JdkHttpSenderProvider")
@Singleton
class TracingProducer {
    private static final Logger LOG = Logger.getLogger(TracingProducer.class);
    private static final Duration CONNECT = Duration.ofSeconds(3);
    private static final String PATH = "v1/traces";

    @Produces
    @Singleton
    Tracing tracing(TracingConfig config, MeterRegistry meters) {
        var endpoint = endpoint(config);
        if (endpoint.isEmpty() || config.disabled()) {
            return Tracing.OFF;
        }
        LOG.infof("traces go to %s, %s of them", endpoint.get(), config.ratio());
        var timeout = Duration.ofMillis(config.timeoutMillis());
        var exporter = OtlpHttpSpanExporter.builder()
                .setEndpoint(endpoint.get())
                .setTimeout(timeout)
                .setConnectTimeout(CONNECT)
                .setMemoryMode(MemoryMode.IMMUTABLE_DATA);
        pairs(config.headers()).forEach(exporter::addHeader);
        return new OpenTelemetryTracing(
                resource(config),
                config.ratio(),
                new BoundedExport(
                        exporter.build(), config.queue(), Duration.ofMillis(config.delayMillis()), timeout, meters),
                config.lastExport());
    }

    void close(@Disposes Tracing tracing) {
        if (tracing instanceof OpenTelemetryTracing on) {
            on.close();
        }
    }

    private static Optional<String> endpoint(TracingConfig config) {
        return config.endpoint()
                .or(() -> config.collector().map(base -> base.endsWith("/") ? base + PATH : base + "/" + PATH));
    }

    private static Resource resource(TracingConfig config) {
        var attributes = Attributes.builder();
        pairs(config.resourceAttributes()).forEach(attributes::put);
        attributes.put("service.name", config.serviceName());
        attributes.put("service.instance.id", UUID.randomUUID().toString());
        return Resource.getDefault().merge(Resource.create(attributes.build()));
    }

    /** {@code name=value,…}. */
    private static Map<String, String> pairs(Optional<String> text) {
        var pairs = new LinkedHashMap<String, String>();
        for (var pair : text.orElse("").split(",", -1)) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                pairs.put(
                        pair.substring(0, equals).strip(),
                        pair.substring(equals + 1).strip());
            }
        }
        return pairs;
    }
}
