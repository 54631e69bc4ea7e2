package org.pmsevents.metrics.error;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * The payload of {@code metrics.error}.
 *
 * @param replica whose requests were counted
 * @param state {@code high} or {@code normal}
 * @param rate of {@code errors} to {@code requests}, 0 to 1
 * @param window of the rate, ISO 8601
 */
@RegisterForReflection
public record ErrorRateChange(
        String replica, String state, double rate, double threshold, long requests, long errors, String window) {}
