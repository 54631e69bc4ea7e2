package org.pmsevents.transfer.imports;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Collectors;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.queue.CleanUp;
import org.pmsevents.queue.JobRun;
import org.pmsevents.queue.JobTable;

/** Deletes imports after their retention, and what a replica that was killed has received of files. Ends those whose job was given up. */
@ApplicationScoped
class ImportCleanUp implements CleanUp {
    private static final Duration RETENTION = Duration.ofDays(30);

    /** Longer than any file takes to arrive. */
    private static final Duration ARRIVING = Duration.ofHours(12);

    private final ImportTable table;
    private final JobTable jobs;
    private final Transactions transactions;

    ImportCleanUp(ImportTable table, JobTable jobs, Transactions transactions) {
        this.table = table;
        this.jobs = jobs;
        this.transactions = transactions;
    }

    @RegisterForReflection
    public record Deleted(long imports, long givenUp) {}

    @Override
    public String name() {
        return "import.clean-up";
    }

    @Override
    public Duration timeout() {
        return Duration.ofMinutes(30);
    }

    @Override
    public Optional<String> cron() {
        return Optional.of("27 * * * *");
    }

    @Override
    public Uni<?> run(Nothing payload, JobRun run) {
        return giveUp().chain(givenUp -> delete().map(deleted -> new Deleted(deleted, givenUp)));
    }

    private Uni<Long> delete() {
        return Uni.createFrom()
                .deferred(() -> transactions.run(transaction -> table.prune(transaction, RETENTION, ARRIVING)))
                .repeat()
                .whilst(deleted -> deleted > 0)
                .collect()
                .with(Collectors.summingLong(Integer::longValue));
    }

    /** A job that is discarded or cancelled does not come back by itself. */
    private Uni<Long> giveUp() {
        return transactions
                .read(table::unfinished)
                .onItem()
                .transformToMulti(found -> Multi.createFrom().iterable(found))
                .onItem()
                .transformToUniAndConcatenate(this::giveUp)
                .collect()
                .with(Collectors.summingLong(Integer::longValue));
    }

    private Uni<Integer> giveUp(Import unfinished) {
        var job = unfinished.jobId();
        return job == null
                ? Uni.createFrom().item(0)
                : transactions
                        .read(client -> jobs.find(client, job))
                        .chain(found ->
                                found.isPresent() && !found.get().state().isFinished()
                                        ? Uni.createFrom().item(0)
                                        : transactions
                                                .statement(client -> table.finish(
                                                        client,
                                                        unfinished.id(),
                                                        Import.State.FAILED,
                                                        "The job " + job + " of this import was given up."))
                                                .map(ended -> ended.isPresent() ? 1 : 0));
    }
}
