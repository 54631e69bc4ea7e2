package org.pmsevents.event;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * Payload of {@code error.system}: the service itself has failed.
 *
 * @param code stable, such as {@code internal-error}, {@code handler-failed}, {@code dead-letter} or {@code events-deleted}
 * @param operation the operation that failed, or the component
 * @param detail what failed, without secrets: of an unexpected failure only its class
 */
@RegisterForReflection
public record SystemError(String code, String operation, String detail) {}
