package org.pmsevents.transfer.imports;

import io.smallrye.mutiny.Uni;
import io.vertx.pgclient.PgException;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.publish.AfterCommit;
import org.pmsevents.platform.database.Attempt;
import org.pmsevents.platform.database.ConflictException;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.queue.JobRun;
import org.pmsevents.transfer.file.Fault;
import org.pmsevents.transfer.file.Line;

/**
 * Applies a chunk of an import. Its changes, what was refused of it, its counts and the place where the next one begins are one
 * transaction, which begins with the fence of the job: whatever ends a replica, each line is applied once.
 */
@ApplicationScoped
class ChunkWork {
    private static final Duration LONGEST = Duration.ofSeconds(10);
    private static final Set<String> BUSY = Set.of("40P01", "40001", "55P03", "57014", "25P03");

    private final ImportTable table;
    private final Transactions transactions;
    private final AfterCommit afterCommit;

    ChunkWork(ImportTable table, Transactions transactions, AfterCommit afterCommit) {
        this.table = table;
        this.transactions = transactions;
        this.afterCommit = afterCommit;
    }

    /** Completes once it is committed, and this replica has told its events or a moment has passed. */
    Uni<Import> apply(Import stored, Target target, ChunkReader.Chunk chunk, JobRun run) {
        var readable =
                chunk.lines().stream().filter(line -> line.fault() == null).toList();
        return target.prepare(stored, readable)
                .chain(() -> Attempt.repeatOnConflict(() -> transact(stored, target, chunk, readable, run)))
                .call(done -> done.announce() == null
                        ? Uni.createFrom().voidItem()
                        : afterCommit.attempt(
                                "announceImport", stored.context(), afterCommit.answerBy(), done.announce()::get))
                .map(Done::stored);
    }

    /** @param announce null if nothing was applied */
    private record Done(Import stored, @Nullable Supplier<Uni<Void>> announce) {}

    private Uni<Done> transact(Import stored, Target target, ChunkReader.Chunk chunk, List<Line> readable, JobRun run) {
        return transactions
                .runWithin(
                        stored.context(),
                        LONGEST,
                        transaction -> transaction
                                .next(run::fence)
                                .chain(() -> transaction.next(client -> table.lock(client, stored.id())))
                                .chain(locked -> go(locked, stored)
                                        ? apply(transaction, stored, target, chunk, readable)
                                        : Uni.createFrom().item(new Done(locked.orElse(stored), null))))
                .onFailure(failure ->
                        failure instanceof PgException refusal && BUSY.contains(String.valueOf(refusal.getSqlState())))
                .transform(ConflictException::new);
    }

    /** Whether the import goes on where this attempt has come to. */
    private static boolean go(Optional<Import> locked, Import stored) {
        if (locked.isEmpty() || !locked.get().state().isWorkedOff()) {
            return false;
        }
        if (locked.get().nextByte() != stored.nextByte()) {
            throw new IllegalStateException("the import " + stored.id() + " was moved on by another attempt");
        }
        return true;
    }

    private Uni<Done> apply(
            Transactions.Limited transaction,
            Import stored,
            Target target,
            ChunkReader.Chunk chunk,
            List<Line> readable) {
        return see(transaction, stored, target, readable)
                .chain(seen -> within(
                                transaction, stored, () -> target.apply(transaction, stored, readable, seen.before()))
                        .chain(applied -> settle(transaction, stored, chunk, readable, applied, seen.duplicates())
                                .map(after -> new Done(after, stored.dryRun() ? null : applied.announce()))));
    }

    /** Of a dry run nothing is kept but what became of the lines. */
    private Uni<Target.Applied> within(
            Transactions.Limited transaction, Import stored, Supplier<Uni<Target.Applied>> work) {
        if (!stored.dryRun()) {
            return work.get();
        }
        return transaction.next(table::beginTrial).chain(work::get).call(() -> transaction.next(table::undoTrial));
    }

    /** @param before how often there were lines about each subject before these */
    private record Seen(Map<String, Integer> before, long duplicates) {}

    private Uni<Seen> see(Transactions.Limited transaction, Import stored, Target target, List<Line> readable) {
        var times = new LinkedHashMap<String, Integer>();
        var lines = new HashMap<String, Long>();
        for (var line : readable) {
            var subject = target.subject(line);
            if (!subject.isEmpty()) {
                times.merge(subject, 1, Integer::sum);
                lines.put(subject, line.number());
            }
        }
        if (times.isEmpty()) {
            return Uni.createFrom().item(new Seen(Map.of(), 0));
        }
        var subjects = List.copyOf(times.keySet());
        return transaction
                .next(client -> table.see(
                        client,
                        stored.id(),
                        subjects,
                        subjects.stream().map(lines::get).toList(),
                        subjects.stream().map(times::get).toList()))
                .map(seen -> {
                    var before = new HashMap<String, Integer>();
                    long duplicates = 0;
                    for (var subject : subjects) {
                        int now = times.getOrDefault(subject, 0);
                        int earlier = seen.getOrDefault(subject, now) - now;
                        before.put(subject, earlier);
                        duplicates += earlier > 0 ? now : now - 1;
                    }
                    return new Seen(before, duplicates);
                });
    }

    private Uni<Import> settle(
            Transactions.Limited transaction,
            Import stored,
            ChunkReader.Chunk chunk,
            List<Line> readable,
            Target.Applied applied,
            long duplicates) {
        var rejected = new ArrayList<ImportTable.Rejected>();
        for (var line : chunk.lines()) {
            if (line.fault() != null) {
                rejected.add(rejected(line, line.fault()));
            }
        }
        long created = 0;
        long updated = 0;
        long unchanged = 0;
        for (int i = 0; i < readable.size(); i++) {
            var outcome = applied.outcomes().get(i);
            switch (outcome.kind()) {
                case CREATED -> created++;
                case UPDATED -> updated++;
                case UNCHANGED -> unchanged++;
                case REFUSED -> rejected.add(rejected(readable.get(i), outcome.fault()));
            }
        }
        var more = new Import.Counts(chunk.lines().size(), created, updated, unchanged, rejected.size(), duplicates);
        return transaction
                .next(client -> table.reject(client, stored.id(), rejected))
                .chain(() -> transaction.next(client -> table.advance(
                        client,
                        stored.id(),
                        new ImportTable.Step(chunk.nextByte(), chunk.nextLine(), chunk.carried(), more))));
    }

    private static ImportTable.Rejected rejected(Line line, @Nullable Fault fault) {
        if (fault == null) {
            throw new IllegalArgumentException("a refused line has a fault");
        }
        return new ImportTable.Rejected(line.number(), line.raw(), fault.column(), fault.code(), fault.detail());
    }
}
