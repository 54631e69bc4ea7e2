package org.pmsevents.queue;

import io.quarkus.runtime.annotations.RegisterForReflection;
import org.pmsevents.platform.json.Fields;

/** A kind of job that deletes what is kept no longer: one at a time on a replica, by its cron expression or when an operator asks for it. */
public interface CleanUp extends JobKind<CleanUp.Nothing> {
    /** There is nothing to say to it. */
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
