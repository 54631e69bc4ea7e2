package org.pmsevents.platform.problem;

/**
 * One thing that is wrong with a request.
 *
 * @param pointer where, as a JSON pointer into the body (RFC 6901; empty for the whole body), or the name of a query parameter
 * @param code what, stable and in kebab case, such as {@code too-long}
 * @param detail the same for people
 */
public record Violation(String pointer, String code, String detail) {}
