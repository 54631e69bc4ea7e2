package org.pmsevents.product.history;

import com.fasterxml.jackson.annotation.JsonRawValue;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;

/**
 * One change of a product: what was changed, by whom and when.
 *
 * @param position of the event in the feed
 * @param type of the event
 * @param version after the change
 * @param changed names of the fields that changed; empty for a creation
 * @param product the product after the change, as JSON text
 */
@RegisterForReflection
public record ProductHistoryEntry(
        long position,
        String type,
        long version,
        List<String> changed,
        String actor,
        String traceId,
        Instant timestamp,
        @JsonRawValue String product) {}
