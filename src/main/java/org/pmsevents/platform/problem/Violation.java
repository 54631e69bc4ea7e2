package org.pmsevents.platform.problem;

/**
 * One violation in a request.
 *
 * @param pointer JSON pointer into the body (RFC 6901; empty for the whole body), or {@code ?name} for a query parameter
 * @param code stable, in kebab case, such as {@code too-long}
 * @param detail description for people
 */
public record Violation(String pointer, String code, String detail) {}
