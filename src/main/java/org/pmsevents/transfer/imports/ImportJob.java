package org.pmsevents.transfer.imports;

import io.quarkus.arc.All;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.json.Fields;
import org.pmsevents.queue.JobFailure;
import org.pmsevents.queue.JobKind;
import org.pmsevents.queue.JobRun;

/**
 * Works off an import, one {@linkplain ChunkWork chunk} after the other, and rests between them.
 */
@ApplicationScoped
class ImportJob implements JobKind<ImportJob.Payload> {
    /** After so many refused lines the file is not what it was taken for. */
    static final int MOST_REJECTED = 100_000;

    /** How many times as long as a chunk the rest after it is. */
    private static final int REST = 2;

    private static final Duration LONGEST_REST = Duration.ofSeconds(2);

    private final ImportTable table;
    private final Transactions transactions;
    private final ChunkWork chunks;
    private final List<Target> targets;
    private final ImportRemains remains;

    ImportJob(
            ImportTable table,
            ImportRemains remains,
            Transactions transactions,
            ChunkWork chunks,
            @All List<Target> targets) {
        this.table = table;
        this.remains = remains;
        this.transactions = transactions;
        this.chunks = chunks;
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
        long begun = System.nanoTime();
        return reader.next()
                .chain(chunk -> chunk.lines().isEmpty() && chunk.isLast()
                        ? end(finish(stored, Import.State.COMPLETED, null, run))
                        : chunks.apply(stored, target, chunk, run).chain(done -> {
                            if (!done.state().isWorkedOff()) {
                                return end(ended(done));
                            }
                            if (done.counts().rejected() >= MOST_REJECTED) {
                                return end(finish(done, Import.State.FAILED, tooMany(done), run));
                            }
                            return chunk.isLast()
                                    ? end(finish(done, Import.State.COMPLETED, null, run))
                                    : rest(begun).replaceWith(new Step(done, false));
                        }));
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
