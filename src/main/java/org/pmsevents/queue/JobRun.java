package org.pmsevents.queue;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;

/** One attempt at a job, as seen by the code that runs it. */
public interface JobRun {
    UUID jobId();

    /** The number of the attempt, from 1. */
    int attempt();

    /** Raised by every claim of the job; for remote ends that can refuse an older one. */
    long token();

    /** Actor and trace of the request for the job. Spans of the work belong to this attempt. */
    RequestContext context();

    /** Reports progress, as often as the caller likes: announced a few times a second, stored once a second. */
    void progress(long done, long total, @Nullable String note);

    /**
     * The checkpoint that an earlier attempt has stored, as JSON text; null if there is none, or if the job was started anew since.
     */
    @Nullable
    String checkpoint();

    /**
     * Stores a checkpoint, JSON text of up to 64 KiB, for the next attempt. It is deleted when the job ends.
     *
     * @throws LeaseLostException if this worker no longer has the job
     */
    Uni<Void> storeCheckpoint(String json);

    /**
     * Called first in a transaction: makes sure that this worker still has the job, and keeps it until the transaction ends.
     *
     * @throws LeaseLostException if this worker no longer has the job
     */
    Uni<Void> fence(SqlClient transaction);
}
