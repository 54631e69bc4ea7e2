package org.pmsevents.queue;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;

/** One attempt at a job, as the one who works on it sees it. */
public interface JobRun {
    UUID jobId();

    /** From 1. */
    int attempt();

    /** Raised by every claim of the job; for remote ends that can refuse an older one. */
    long token();

    /** Who asked for the job, under which trace; what is done for it is recorded under this attempt. */
    RequestContext context();

    /** Tells how far the work has come, as often as it likes: shown live a few times a second, stored once a second. */
    void progress(long done, long total, @Nullable String note);

    /** What an earlier attempt has kept by {@link #keep}, JSON text; null if nothing, or if the job has begun anew since. */
    @Nullable
    String kept();

    /**
     * Keeps JSON text of up to 64 KiB for the next attempt, should this one not come to its end. It is gone with the job's end.
     *
     * @throws LeaseLostException if the job is no longer this worker's
     */
    Uni<Void> keep(String json);

    /**
     * First in a transaction: makes sure that this job is still this worker's, and stays so until the end of the transaction.
     *
     * @throws LeaseLostException if it is not
     */
    Uni<Void> fence(SqlClient transaction);
}
