package org.pmsevents.wiring;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.UUID;
import org.pmsevents.event.EventMessage;
import org.pmsevents.queue.JobEnds;
import org.pmsevents.queue.JobJson;
import org.pmsevents.queue.worker.JobWorker;

/** Handles queue events: wakes the worker for new jobs, stops cancelled jobs, and notifies requests that wait for a job. */
@ApplicationScoped
public class QueueHandler {
    private final JobWorker worker;
    private final JobEnds ends;

    QueueHandler(JobWorker worker, JobEnds ends) {
        this.worker = worker;
        this.ends = ends;
    }

    Uni<Void> wake(EventMessage created) {
        worker.wake();
        return Uni.createFrom().voidItem();
    }

    Uni<Void> tellWaiting(EventMessage news) {
        ends.announced(news);
        return Uni.createFrom().voidItem();
    }

    /** Of a job that runs, has failed for now, or has to stop. */
    Uni<Void> processing(EventMessage processing) {
        if (JobJson.hasToStop(processing.payload())) {
            worker.stop(UUID.fromString(processing.subject()));
        }
        return tellWaiting(processing);
    }
}
