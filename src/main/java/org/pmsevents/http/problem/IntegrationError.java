package org.pmsevents.http.problem;

import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/**
 * Payload of {@code error.integration}: another system could not be reached, or has refused.
 *
 * @param target the system, such as {@code pms}
 * @param operation what was asked of it, or about what: for the PMS the SKU
 * @param attempt which attempt of its job this was, from 1; null where that is not known
 * @param status what was answered; null if nothing was, or it is not known
 * @param temporary whether another attempt may help; null where only the queue decides that
 * @param detail what went wrong; never anything secret
 */
@RegisterForReflection
public record IntegrationError(
        String target,
        String operation,
        @Nullable Integer attempt,
        @Nullable Integer status,
        @Nullable Boolean temporary,
        String detail) {}
