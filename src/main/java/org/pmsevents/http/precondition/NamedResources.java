package org.pmsevents.http.precondition;

import io.smallrye.mutiny.Uni;
import org.pmsevents.event.RequestContext;

/**
 * Resources without an entity tag that calls name in their path. A call with a condition that does not hold is answered 412 only if what
 * it names exists (RFC 9110, section 13.2.1).
 */
public interface NamedResources {
    /** What is before the name in the path of each call, such as {@code /api/jobs/}. */
    String path();

    /** Fails as a call without conditions would if nothing has the name, with 404; completes with anything otherwise. */
    Uni<?> find(String name, RequestContext context);
}
