package org.pmsevents.queue;

import io.quarkus.runtime.annotations.RegisterForReflection;
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
    default boolean callable() {
        return true;
    }

    @Override
    default int concurrency() {
        return 1;
    }
}
