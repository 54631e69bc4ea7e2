package org.pmsevents.wiring;

import com.fasterxml.jackson.databind.JsonNode;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.UUID;
import org.pmsevents.event.EventCodec;
import org.pmsevents.event.EventMessage;
import org.pmsevents.queue.JobEnds;
import org.pmsevents.queue.worker.JobWorker;

/** Handles queue events: wakes the worker for new jobs, stops cancelled jobs, and notifies requests that wait for a job. */
@ApplicationScoped
public class QueueHandler {
    private final JobWorker worker;
    private final JobEnds ends;
    private final EventCodec codec;

    QueueHandler(JobWorker worker, JobEnds ends, EventCodec codec) {
        this.worker = worker;
        this.ends = ends;
        this.codec = codec;
    }

    Uni<Void> wake(EventMessage created) {
        worker.wake();
        return Uni.createFrom().voidItem();
    }

    Uni<Void> tellWaiting(EventMessage news) {
        ends.announced(news);
        return Uni.createFrom().voidItem();
    }

    Uni<Void> stopCancelled(EventMessage processing) {
        if (codec.payload(processing, JsonNode.class).path("cancelRequested").asBoolean()) {
            worker.stop(UUID.fromString(processing.metadata().subject()));
        }
        return Uni.createFrom().voidItem();
    }
}
