package org.pmsevents.http.problem;

import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/**
 * Payload of {@code error.integration}: another system was unavailable or has refused a request.
 *
 * @param target the system, such as {@code pms}
 * @param operation what was requested from it, or its subject: for the PMS the SKU
 * @param attempt the attempt of the job, from 1; null if unknown
 * @param status of the answer; null if there was none, or it is unknown
 * @param temporary whether another attempt may succeed; null if only the queue decides that
 * @param detail what failed; never anything secret
 */
@RegisterForReflection
public record IntegrationError(
        String target,
        String operation,
        @Nullable Integer attempt,
        @Nullable Integer status,
        @Nullable Boolean temporary,
        String detail) {}
