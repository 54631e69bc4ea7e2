package org.pmsevents.platform.json;

import com.fasterxml.jackson.databind.JsonNode;
import org.pmsevents.platform.problem.Violations;

/**
 * A request body as read by {@link StrictJson}.
 *
 * @param tree never null; where a violation was found, its node is a stand-in
 * @param violations what was already found wrong; rules add theirs, then end by {@link Violations#throwIfAny()}
 */
public record ParsedBody(JsonNode tree, Violations violations) {

    /** The body as an object; where it isn't one, that is the only violation there will be. */
    public Fields fields() {
        return Fields.ofBody(this);
    }
}
