package org.pmsevents.transfer.imports;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
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
    private final ImportRemains remains;
    private final JobTable jobs;
    private final Transactions transactions;

    ImportCleanUp(ImportTable table, ImportRemains remains, JobTable jobs, Transactions transactions) {
        this.table = table;
        this.remains = remains;
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
        return giveUp().chain(givenUp -> dropText().chain(this::delete).map(deleted -> new Deleted(deleted, givenUp)));
    }

    private Uni<Long> delete() {
        return Uni.createFrom()
                .deferred(() -> transactions
                        .read(client -> table.tooOld(client, RETENTION, ARRIVING))
                        .call(ids -> each(ids, remains::delete))
                        .map(List::size))
                .repeat()
                .whilst(deleted -> deleted > 0)
                .collect()
                .with(Collectors.summingLong(Integer::longValue));
    }

    /** Of imports that have ended where nobody could delete their text. */
    private Uni<Void> dropText() {
        return transactions.read(table::withText).chain(ids -> each(ids, remains::dropText));
    }

    private static Uni<Void> each(List<UUID> ids, Function<UUID, Uni<Void>> work) {
        return Multi.createFrom()
                .iterable(ids)
                .onItem()
                .transformToUniAndConcatenate(work::apply)
                .collect()
                .last()
                .replaceWithVoid();
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
