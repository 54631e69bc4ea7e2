package org.pmsevents.transfer.imports;

import io.quarkus.arc.All;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import io.vertx.pgclient.PgException;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.publish.AfterCommit;
import org.pmsevents.platform.database.Attempt;
import org.pmsevents.platform.database.ConflictException;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.json.Fields;
import org.pmsevents.queue.JobFailure;
import org.pmsevents.queue.JobKind;
import org.pmsevents.queue.JobRun;
import org.pmsevents.transfer.file.Fault;
import org.pmsevents.transfer.file.Line;

/**
 * Works off an import, chunk by chunk. A chunk's changes, what was refused of it, its counts and the place where the next one begins are
 * one transaction, which begins with the fence of the job: whatever ends a replica, each line is applied once.
 */
@ApplicationScoped
class ImportJob implements JobKind<ImportJob.Payload> {
    /** After so many refused lines the file is not what it was taken for. */
    static final int MOST_REJECTED = 100_000;

    private static final Duration CHUNK = Duration.ofSeconds(10);
    /** How many times as long as a chunk the rest after it is. */
    private static final int REST = 2;

    private static final Duration LONGEST_REST = Duration.ofSeconds(2);
    private static final Set<String> BUSY = Set.of("40P01", "40001", "55P03", "57014", "25P03");

    private final ImportTable table;
    private final Transactions transactions;
    private final AfterCommit afterCommit;
    private final List<Target> targets;
    private final ImportRemains remains;

    ImportJob(
            ImportTable table,
            ImportRemains remains,
            Transactions transactions,
            AfterCommit afterCommit,
            @All List<Target> targets) {
        this.table = table;
        this.remains = remains;
        this.transactions = transactions;
        this.afterCommit = afterCommit;
        this.targets = targets;
    }

    @RegisterForReflection
    record Payload(UUID id) {}

    /** The result of the job: that of the import. */
    @RegisterForReflection
    record Result(UUID id, String state, long read, long created, long updated, long unchanged, long rejected) {}

    @Override
    public String name() {
        return "import.run";
    }

    @Override
    public Payload read(Fields payload) {
        var id = payload.only("id").requiredText("id", 36);
        try {
            return new Payload(UUID.fromString(id));
        } catch (IllegalArgumentException e) {
            payload.violation("id", "format", "Must be the id of an import.");
            return new Payload(new UUID(0, 0));
        }
    }

    @Override
    public String payloadSchema() {
        return """
                {
                  "type": "object",
                  "additionalProperties": false,
                  "required": ["id"],
                  "properties": {"id": {"type": "string", "format": "uuid", "description": "Of the import."}}
                }
                """;
    }

    @Override
    public int concurrency() {
        return 2;
    }

    @Override
    public Duration timeout() {
        return Duration.ofHours(2);
    }

    @Override
    public Duration longestPause() {
        return Duration.ofMinutes(1);
    }

    @Override
    public Uni<?> run(Payload payload, JobRun run) {
        return transactions
                .read(client -> table.find(client, payload.id()))
                .chain(found -> found.isEmpty()
                        ? Uni.createFrom().nullItem()
                        : workOff(found.get(), run).map(ImportJob::result))
                .onFailure()
                .call(failure -> run.attempt() >= maxAttempts() || isPermanent(failure)
                        ? giveUp(payload.id(), failure)
                        : Uni.createFrom().voidItem());
    }

    private static boolean isPermanent(Throwable failure) {
        return JobFailure.kindOf(failure) == JobFailure.Kind.PERMANENT;
    }

    private Uni<Void> giveUp(UUID id, Throwable failure) {
        return transactions
                .statement(client ->
                        table.finish(client, id, Import.State.FAILED, "The import could not go on: " + failure))
                .chain(() -> remains.dropText(id));
    }

    private Uni<Import> workOff(Import stored, JobRun run) {
        var format = stored.format();
        if (!stored.state().isWorkedOff() || format == null) {
            return ended(stored);
        }
        var request = ImportRequest.of(stored);
        var reader = new ChunkReader(
                stored,
                request,
                format,
                from -> transactions.read(client -> table.parts(client, stored.id(), from, ChunkReader.PARTS)));
        var target = target(request);
        var at = new AtomicReference<>(stored);
        return Uni.createFrom()
                .deferred(() -> step(Objects.requireNonNull(at.get()), target, reader, run))
                .invoke(step -> at.set(step.stored()))
                .repeat()
                .whilst(step -> !step.ended())
                .collect()
                .last()
                .map(Step::stored);
    }

    private Target target(ImportRequest request) {
        return targets.stream()
                .filter(each -> each.kind() == request.file().kind())
                .findFirst()
                .orElseThrow(() -> JobFailure.permanent(
                        "this version can't import " + request.file().kind().wireName(), null));
    }

    /** @param ended whether there is nothing more to do */
    private record Step(Import stored, boolean ended) {}

    /** Works off the next chunk. The chunks are a loop, because a chain of all of them would hold each one's text until the end. */
    private Uni<Step> step(Import stored, Target target, ChunkReader reader, JobRun run) {
        run.progress(stored.nextByte(), stored.bytes(), progress(stored));
        return reader.next()
                .chain(chunk -> chunk.lines().isEmpty() && chunk.isLast()
                        ? end(finish(stored, Import.State.COMPLETED, null, run))
                        : apply(stored, target, chunk, run).chain(done -> {
                            if (!done.state().isWorkedOff()) {
                                return end(ended(done));
                            }
                            if (done.counts().rejected() >= MOST_REJECTED) {
                                return end(finish(done, Import.State.FAILED, tooMany(done), run));
                            }
                            return chunk.isLast()
                                    ? end(finish(done, Import.State.COMPLETED, null, run))
                                    : Uni.createFrom().item(new Step(done, false));
                        }));
    }

    private static Uni<Step> end(Uni<Import> last) {
        return last.map(stored -> new Step(stored, true));
    }

    private static String tooMany(Import done) {
        return "More than " + MOST_REJECTED + " lines were refused, so the rest, from line " + done.nextLine()
                + " on, was not read. Is the file what it was sent as?";
    }

    private static String progress(Import stored) {
        var counts = stored.counts();
        return "import " + stored.id() + ": " + counts.read() + " lines, " + counts.rejected() + " refused";
    }

    private Uni<Import> apply(Import stored, Target target, ChunkReader.Chunk chunk, JobRun run) {
        var readable =
                chunk.lines().stream().filter(line -> line.fault() == null).toList();
        long begun = System.nanoTime();
        return target.prepare(stored, readable)
                .chain(() -> Attempt.repeatOnConflict(() -> transact(stored, target, chunk, readable, run)))
                .call(done -> done.announce() == null
                        ? Uni.createFrom().voidItem()
                        : afterCommit.attempt(
                                "announceImport", stored.context(), afterCommit.answerBy(), done.announce()::get))
                .call(() -> rest(begun))
                .map(Done::stored);
    }

    /** Twice as long as the chunk has taken: an import has a third of the time, and leaves the rest to who waits for an answer. */
    private static Uni<Void> rest(long begun) {
        var rest = Duration.ofNanos(REST * (System.nanoTime() - begun));
        return Uni.createFrom()
                .voidItem()
                .onItem()
                .delayIt()
                .by(rest.compareTo(LONGEST_REST) < 0 ? rest : LONGEST_REST);
    }

    /** @param announce null if nothing was applied */
    private record Done(Import stored, @Nullable Supplier<Uni<Void>> announce) {}

    private Uni<Done> transact(Import stored, Target target, ChunkReader.Chunk chunk, List<Line> readable, JobRun run) {
        return transactions
                .runWithin(
                        stored.context(),
                        CHUNK,
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

    private Uni<Import> finish(Import stored, Import.State state, @Nullable String reason, JobRun run) {
        return transactions
                .run(transaction ->
                        run.fence(transaction).chain(() -> table.finish(transaction, stored.id(), state, reason)))
                .map(finished -> finished.orElse(stored))
                .invoke(finished -> run.progress(finished.bytes(), finished.bytes(), progress(finished)))
                .chain(this::ended);
    }

    /** The text is no longer needed. */
    private Uni<Import> ended(Import stored) {
        return remains.dropText(stored.id()).replaceWith(stored);
    }

    private static Result result(Import done) {
        var counts = done.counts();
        return new Result(
                done.id(),
                done.state().wireName(),
                counts.read(),
                counts.created(),
                counts.updated(),
                counts.unchanged(),
                counts.rejected());
    }
}
