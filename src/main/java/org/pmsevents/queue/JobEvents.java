package org.pmsevents.queue;

import jakarta.enterprise.context.ApplicationScoped;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.EventEmitter;
import org.pmsevents.event.EventType;

/** Tells of jobs: announcements to every replica, which the jobs' rows are the truth behind. */
@ApplicationScoped
class JobEvents {
    private final EventEmitter events;

    JobEvents(EventEmitter events) {
        this.events = events;
    }

    /** A job that can be worked on, now or later. */
    void created(Job job) {
        tell(EventType.QUEUE_NEW, job, job.progress());
    }

    /** A job that runs, has failed for now, or is to stop. */
    void processing(Job job, @Nullable String progress) {
        tell(EventType.QUEUE_PROCESSING, job, progress);
    }

    /** A job that has come to its end. */
    void complete(Job job) {
        tell(EventType.QUEUE_COMPLETE, job, job.progress());
    }

    private void tell(EventType type, Job job, @Nullable String progress) {
        events.emit(type, job.id().toString(), JobJson.news(job, progress), job.origin());
    }
}
