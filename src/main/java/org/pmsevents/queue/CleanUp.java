package org.pmsevents.queue;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.pmsevents.platform.json.Fields;

/**
 * A kind of job that deletes data after its retention. One runs at a time on a replica, by its cron expression or on request of an
 * operator.
 */
public interface CleanUp extends JobKind<CleanUp.Nothing> {
    /** The payload, which is empty. */
    @RegisterForReflection
    record Nothing() {}

    @Override
    default Nothing read(Fields payload) {
        payload.only();
        return new Nothing();
    }

    @Override
    default String payloadSchema() {
        return """
                {"type": "object", "additionalProperties": false}
                """;
    }

    @Override
    default boolean callable() {
        return true;
    }

    @Override
    default int concurrency() {
        return 1;
    }

    /**
     * Deletes until nothing more is left to delete; tells how many rows that were.
     *
     * @param delete deletes at most {@code atOnce} rows and tells how many
     */
    static Uni<Long> inBatches(int atOnce, Supplier<Uni<Integer>> delete) {
        return Uni.createFrom()
                .deferred(delete::get)
                .repeat()
                .whilst(deleted -> deleted == atOnce)
                .collect()
                .with(Collectors.summingLong(Integer::longValue));
    }
}
