package org.pmsevents.queue;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.EventType;
import org.pmsevents.event.publish.EventPublisher;

/** Announces changes of jobs to every replica. The rows of the jobs remain the source of truth. */
@ApplicationScoped
public class JobEvents {
    private static final String CREATED = "pms.jobs.created";
    private static final String FINISHED = "pms.jobs.finished";
    private static final String KIND = "kind";
    private static final String STATE = "state";

    private final EventPublisher events;
    private final MeterRegistry meters;

    JobEvents(EventPublisher events, MeterRegistry meters) {
        this.events = events;
        this.meters = meters;
    }

    /** Registers the meters of all kinds at the start, so that the first failed job is seen as an increase. */
    void start(@Observes StartupEvent started, JobKinds kinds) {
        for (var kind : kinds.all()) {
            meters.counter(CREATED, KIND, kind.name());
            for (var end : List.of(JobState.COMPLETED, JobState.CANCELLED, JobState.DISCARDED)) {
                meters.counter(FINISHED, KIND, kind.name(), STATE, end.wireName());
            }
        }
    }

    /** Announces a job that can be run, now or later. */
    public void created(Job job) {
        meters.counter(CREATED, KIND, job.kind()).increment();
        tell(EventType.QUEUE_NEW, job, job.progress());
    }

    /** Announces a job that runs, has failed for now, or has to stop. */
    public void processing(Job job, @Nullable String progress) {
        tell(EventType.QUEUE_PROCESSING, job, progress);
    }

    /** Announces a job that has ended. */
    public void complete(Job job) {
        meters.counter(FINISHED, KIND, job.kind(), STATE, job.state().wireName())
                .increment();
        tell(EventType.QUEUE_COMPLETE, job, job.progress());
    }

    private void tell(EventType type, Job job, @Nullable String progress) {
        events.emit(type, job.id().toString(), JobJson.news(job, progress), job.context());
    }
}
