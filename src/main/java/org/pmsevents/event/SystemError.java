package org.pmsevents.event;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * Payload of {@code error.system}: the service itself has failed.
 *
 * @param code stable, such as {@code internal-error}, {@code handler-failed}, {@code dead-letter} or {@code events-deleted}
 * @param operation what was being done, or by whom
 * @param detail what went wrong; never anything secret, so of an unexpected failure its class only
 */
@RegisterForReflection
public record SystemError(String code, String operation, String detail) {}
