package org.pmsevents.platform.tracing;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.Optional;

/** Traces for an OpenTelemetry collector, by the variables of OpenTelemetry's specification. */
@RegisterForReflection
@ConfigMapping(prefix = "pms-events.tracing")
public interface TracingConfig {
    /** The collector, which takes OTLP over HTTP: {@code http://host:4318}. Not set: tracing is off. */
    @WithDefault("${otel.exporter.otlp.endpoint:}")
    Optional<String> collector();

    /** The complete URL for traces, instead of the collector's. */
    @WithDefault("${otel.exporter.otlp.traces.endpoint:}")
    Optional<String> endpoint();

    /** Turns tracing off even if there is a collector. */
    @WithDefault("${otel.sdk.disabled:false}")
    boolean disabled();

    /** Headers for the collector, {@code name=value,…}. {@code OTEL_EXPORTER_OTLP_HEADERS} is used if this is not set. */
    @WithDefault("${otel.exporter.otlp.traces.headers:${otel.exporter.otlp.headers:}}")
    Optional<String> headers();

    /** How long an export may take with its retries, in milliseconds. */
    @WithDefault("${otel.exporter.otlp.timeout:10000}")
    long timeoutMillis();

    /** The share of traces that is recorded. A trace is recorded completely or not at all. */
    @WithDefault("${otel.traces.sampler.arg:1.0}")
    double ratio();

    /** How many ended spans may wait or be in export. Further ones are dropped and counted. */
    @WithDefault("${otel.bsp.max.queue.size:2048}")
    int queue();

    /** The longest time that an ended span waits, in milliseconds. */
    @WithDefault("${otel.bsp.schedule.delay:5000}")
    long delayMillis();

    /** The service name of the spans. */
    @WithDefault("${otel.service.name:pms-events}")
    String serviceName();

    /** Further attributes of the spans' resource, {@code name=value,…}. */
    @WithDefault("${otel.resource.attributes:}")
    Optional<String> resourceAttributes();
}
