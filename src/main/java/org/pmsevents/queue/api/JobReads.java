package org.pmsevents.queue.api;

import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;
import org.pmsevents.http.precondition.NamedResources;
import org.pmsevents.platform.database.Reads;
import org.pmsevents.platform.paging.Page;
import org.pmsevents.platform.paging.PageRequest;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.queue.JobJson;
import org.pmsevents.queue.JobKinds;
import org.pmsevents.queue.JobState;
import org.pmsevents.queue.JobTable;

/** Reads jobs for the API. */
@ApplicationScoped
public class JobReads implements NamedResources {
    private final JobTable jobs;
    private final JobKinds kinds;
    private final Reads transactions;

    JobReads(JobTable jobs, JobKinds kinds, Reads transactions) {
        this.jobs = jobs;
        this.kinds = kinds;
        this.transactions = transactions;
    }

    @Override
    public String path() {
        return "/api/jobs/";
    }

    /** @throws AppException 404 {@code job-not-found} */
    @Override
    public Uni<?> find(String name, RequestContext context) {
        return read(name);
    }

    /** @throws AppException 404 {@code job-not-found} */
    Uni<JobJson.JobView> read(String id) {
        var parsed = JobFlow.id(id);
        return transactions
                .byKey(client -> jobs.find(client, parsed))
                .map(found -> JobJson.view(found.orElseThrow(() -> JobFlow.notFound(id))));
    }

    /** Lists jobs, the newest first. */
    Uni<Page<JobJson.JobView>> list(@Nullable String state, @Nullable String kind, PageRequest page) {
        var wanted = state == null ? null : state(state);
        return transactions
                .list(client -> jobs.list(client, wanted, kind, page.afterId(), page.oneMore()))
                .map(found -> page.page(
                        found.stream().map(JobJson::view).toList(),
                        job -> job.id().toString()));
    }

    /** The kinds that this replica knows, by name. */
    JobJson.KindList kinds() {
        return new JobJson.KindList(kinds.all().stream()
                .map(JobJson::view)
                .sorted(Comparator.comparing(JobJson.KindView::kind))
                .toList());
    }

    private static JobState state(String state) {
        return JobState.named(state)
                .orElseThrow(() -> AppException.validationFailed(
                        "?state",
                        "unknown",
                        "state must be scheduled, available, running, retryable, completed, cancelled or discarded."));
    }
}
