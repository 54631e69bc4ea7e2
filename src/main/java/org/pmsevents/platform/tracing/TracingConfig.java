package org.pmsevents.platform.tracing;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/**
 * Settings of the export of traces to an OpenTelemetry collector. {@code application.properties} maps the variables of the
 * OpenTelemetry specification to them.
 */
@ConfigMapping(prefix = "pms-events.tracing")
public interface TracingConfig {
    /**
     * {@code OTEL_EXPORTER_OTLP_ENDPOINT}: a collector that accepts OTLP over HTTP, {@code http://host:4318}; without one tracing
     * is off.
     */
    Optional<String> collector();

    /** {@code OTEL_EXPORTER_OTLP_TRACES_ENDPOINT}: the complete URL for traces; overrides the endpoint above. */
    Optional<String> endpoint();

    /** {@code OTEL_SDK_DISABLED}: turns tracing off although a collector is configured. */
    @WithDefault("false")
    boolean disabled();

    /** {@code OTEL_EXPORTER_OTLP_HEADERS}: {@code name=value,…}, such as an API key of the collector. */
    Optional<String> headers();

    /** {@code OTEL_EXPORTER_OTLP_TIMEOUT}, milliseconds: maximum time of one export, including retries. */
    @WithDefault("10000")
    long timeoutMillis();

    /**
     * {@code OTEL_TRACES_SAMPLER_ARG}: the share of traces that is recorded, 0 to 1; each trace is recorded completely or not at
     * all.
     */
    @WithDefault("1.0")
    double ratio();

    /** {@code OTEL_BSP_MAX_QUEUE_SIZE}: how many ended spans may be waiting or in transit; further ones are dropped and counted. */
    @WithDefault("2048")
    int queue();

    /** {@code OTEL_BSP_SCHEDULE_DELAY}, milliseconds: how long an ended span waits at most. */
    @WithDefault("5000")
    long delayMillis();

    /** {@code OTEL_SERVICE_NAME}. */
    @WithDefault("pms-events")
    String serviceName();

    /** {@code OTEL_RESOURCE_ATTRIBUTES}: {@code name=value,…}. */
    Optional<String> resourceAttributes();

    /** How long a shutdown waits for the export of the last spans. */
    @WithDefault("2s")
    Duration lastExport();
}
