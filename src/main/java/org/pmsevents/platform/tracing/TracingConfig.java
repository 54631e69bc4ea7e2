package org.pmsevents.platform.tracing;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/**
 * Traces for an OpenTelemetry collector. {@code application.properties} takes each from the variable that OpenTelemetry's specification
 * names for it.
 */
@ConfigMapping(prefix = "pms-events.tracing")
public interface TracingConfig {
    /** {@code OTEL_EXPORTER_OTLP_ENDPOINT}: a collector that takes OTLP over HTTP, {@code http://host:4318}; none: tracing is off. */
    Optional<String> collector();

    /** {@code OTEL_EXPORTER_OTLP_TRACES_ENDPOINT}: the whole URL for traces, instead. */
    Optional<String> endpoint();

    /** {@code OTEL_SDK_DISABLED}: off all the same. */
    @WithDefault("false")
    boolean disabled();

    /** {@code OTEL_EXPORTER_OTLP_HEADERS}: {@code name=value,…}, such as a key of the collector's. */
    Optional<String> headers();

    /** {@code OTEL_EXPORTER_OTLP_TIMEOUT}, milliseconds: how long one export may take, with what is tried again. */
    @WithDefault("10000")
    long timeoutMillis();

    /** {@code OTEL_TRACES_SAMPLER_ARG}: the share of traces that is recorded, from 0 to 1; of a trace all or nothing. */
    @WithDefault("1.0")
    double ratio();

    /** {@code OTEL_BSP_MAX_QUEUE_SIZE}: how many ended spans may wait or be on their way; further ones are dropped and counted. */
    @WithDefault("2048")
    int queue();

    /** {@code OTEL_BSP_SCHEDULE_DELAY}, milliseconds: the longest that an ended span waits. */
    @WithDefault("5000")
    long delayMillis();

    /** {@code OTEL_SERVICE_NAME}. */
    @WithDefault("pms-events")
    String serviceName();

    /** {@code OTEL_RESOURCE_ATTRIBUTES}: {@code name=value,…}. */
    Optional<String> resourceAttributes();

    /** How long a shutdown waits for the last spans. */
    @WithDefault("2s")
    Duration lastExport();
}
