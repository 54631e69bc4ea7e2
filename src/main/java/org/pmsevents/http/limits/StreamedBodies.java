package org.pmsevents.http.limits;

import io.vertx.core.http.HttpServerRequest;

/**
 * Bodies that are not read before their call, but by it, as they arrive. The call bounds the memory and the time that they take; their
 * length is bounded here if it is stated, and by the call if not.
 */
public interface StreamedBodies {
    /** @param path normalised */
    boolean streams(HttpServerRequest request, String path);

    /** The most bytes that a body may have. */
    long longest();
}
