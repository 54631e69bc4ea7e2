package org.pmsevents.http.security;

import io.quarkus.security.ForbiddenException;

/** A page of an origin that is not allowed tried to open a WebSocket. */
public final class OriginNotAllowedException extends ForbiddenException {
    private static final long serialVersionUID = 1L;
}
