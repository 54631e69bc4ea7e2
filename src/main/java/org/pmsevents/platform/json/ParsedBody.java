package org.pmsevents.platform.json;

import com.fasterxml.jackson.databind.JsonNode;
import org.pmsevents.platform.problem.Violations;

/**
 * A request body parsed by {@link StrictJson}.
 *
 * @param tree never null; a placeholder where a violation was found
 * @param violations the violations found so far; rules add theirs, then call {@link Violations#throwIfAny()}
 */
public record ParsedBody(JsonNode tree, Violations violations) {

    /** The body as an object. If it is not an object, that is the only violation reported. */
    public Fields fields() {
        return Fields.ofBody(this);
    }
}
