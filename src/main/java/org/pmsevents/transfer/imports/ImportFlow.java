package org.pmsevents.transfer.imports;

import io.smallrye.mutiny.Uni;
import io.vertx.core.Context;
import io.vertx.core.http.HttpServerRequest;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;
import org.pmsevents.http.idempotency.AnswerWriter;
import org.pmsevents.http.idempotency.Idempotency;
import org.pmsevents.http.idempotency.IdempotencyKey;
import org.pmsevents.http.limits.LimitsConfig;
import org.pmsevents.http.precondition.NamedResources;
import org.pmsevents.http.security.AllowedLocations;
import org.pmsevents.platform.database.Detached;
import org.pmsevents.platform.database.Reads;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.identity.UuidV7;
import org.pmsevents.platform.json.JsonWriter;
import org.pmsevents.platform.json.StrictJson;
import org.pmsevents.platform.paging.Page;
import org.pmsevents.platform.paging.PageRequest;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.platform.shutdown.Draining;
import org.pmsevents.queue.Job;
import org.pmsevents.queue.NewJob;
import org.pmsevents.queue.api.JobFlow;
import org.pmsevents.transfer.file.ImportKind;
import org.pmsevents.transfer.file.SenderText;

/** The flows of callers: a file is received, and an import is read and cancelled. */
@ApplicationScoped
class ImportFlow implements NamedResources {
    private static final Logger LOG = Logger.getLogger(ImportFlow.class);

    /** How many files a replica receives at the same time; each takes up to a megabyte of memory. */
    private static final int AT_ONCE = 8;

    private static final int REJECTED_AT_ONCE = 500;

    private final ImportTable table;
    private final ImportJob work;
    private final JobFlow jobs;
    private final Idempotency idempotency;
    private final JsonWriter json;
    private final Transactions transactions;
    private final Reads reads;
    private final Draining draining;
    private final Duration longestPause;
    private final Clock clock;
    private final AtomicInteger receiving = new AtomicInteger();

    ImportFlow(
            ImportTable table,
            ImportJob work,
            JobFlow jobs,
            Idempotency idempotency,
            JsonWriter json,
            Transactions transactions,
            Reads reads,
            Draining draining,
            LimitsConfig limits,
            Clock clock) {
        this.table = table;
        this.work = work;
        this.jobs = jobs;
        this.idempotency = idempotency;
        this.json = json;
        this.transactions = transactions;
        this.reads = reads;
        this.draining = draining;
        this.longestPause = limits.bodyTimeout();
        this.clock = clock;
    }

    /** @param answer JSON */
    private record Queued(String answer, Job job) {}

    /**
     * Stores the body of a request, and has a job work it off.
     *
     * @param key without the body; null if the request has none
     * @param coding how the text is coded, as the sender has said; null if not
     * @param event loop of the request
     * @return the import as JSON
     * @throws AppException 400 {@code import-text} or {@code import-header}; 408; 413; 503; the failures of the key
     */
    Uni<String> receive(
            ImportRequest wanted,
            @Nullable IdempotencyKey key,
            @Nullable String coding,
            AllowedLocations locations,
            HttpServerRequest request,
            Context event,
            RequestContext context) {
        if (draining.begun()) {
            throw AppException.restarting();
        }
        if (receiving.incrementAndGet() > AT_ONCE) {
            receiving.decrementAndGet();
            throw AppException.unavailable("too-busy", "This replica is receiving " + AT_ONCE + " files already.", 5);
        }
        var id = UuidV7.next(clock);
        var upload = new Upload(
                request,
                event,
                new SenderText(coding),
                wanted.file(),
                longestPause,
                (part, content) -> transactions.statement(client -> table.insertPart(client, id, part, content)));
        return beginImport(id, wanted, locations, context)
                .chain(upload::run)
                .chain(received -> idempotency.once(
                        key == null ? null : key.withBody(received.digest()),
                        stored -> {
                            forget(id);
                            return stored;
                        },
                        answers -> createJob(id, received, answers, context)))
                .onFailure()
                .invoke(() -> forget(id))
                .onCancellation()
                .invoke(() -> forget(id))
                .onTermination()
                .invoke(receiving::decrementAndGet);
    }

    private Uni<Void> beginImport(UUID id, ImportRequest wanted, AllowedLocations locations, RequestContext context) {
        return transactions.statement(client -> table.insert(
                client,
                id,
                wanted.file().kind().wireName(),
                wanted.dryRun(),
                wanted.json(),
                locations.names(),
                context));
    }

    private Uni<String> createJob(UUID id, Upload.Received received, AnswerWriter answers, RequestContext context) {
        var format = ImportRequest.format(received.coding(), received.columns());
        return transactions
                .run(
                        context,
                        transaction -> jobs.createJob(transaction, NewJob.of(work, new ImportJob.Payload(id), context))
                                .chain(job -> table.received(
                                                transaction,
                                                id,
                                                format,
                                                received.bytes(),
                                                received.begin(),
                                                received.line(),
                                                job.id())
                                        .map(stored -> stored.orElseThrow(() -> ended(id.toString())))
                                        .map(stored -> new Queued(json.write(ImportView.of(stored)), job)))
                                .call(queued -> answers.store(transaction, queued.answer())))
                .invoke(queued -> jobs.announce(queued.job()))
                .map(Queued::answer);
    }

    /** What has arrived of a file that has not arrived as a whole; a job deletes it if this fails. */
    private void forget(UUID id) {
        Detached.of(() -> transactions.statement(client -> table.delete(client, id)))
                .subscribe()
                .with(deleted -> {}, failure -> LOG.debugf("the import %s was not deleted: %s", id, failure));
    }

    @Override
    public String path() {
        return "/api/imports/";
    }

    @Override
    public Uni<?> find(String name, RequestContext context) {
        return read(name);
    }

    /** @throws AppException 404 {@code import-not-found} */
    Uni<ImportView> read(String id) {
        return stored(id).map(ImportView::of);
    }

    private Uni<Import> stored(String id) {
        var parsed = id(id);
        return reads.byKey(client -> table.find(client, parsed)).map(found -> found.orElseThrow(() -> notFound(id)));
    }

    /** Lists imports, the newest first. */
    Uni<Page<ImportView>> list(PageRequest page) {
        return reads.list(client -> table.list(client, page.afterId(), page.oneMore()))
                .map(found -> page.page(
                        found.stream().map(ImportView::of).toList(),
                        view -> view.id().toString()));
    }

    /**
     * Ends an import after the chunk under way. What it has changed stays.
     *
     * @param allowed refuses callers who may not import lines of the given kind
     * @param locations of the caller, who cancels no import of stock at others
     * @throws AppException 404 {@code import-not-found}; 409 {@code import-finished}; what {@code allowed} throws
     */
    Uni<ImportView> cancel(
            String id, Consumer<ImportKind> allowed, AllowedLocations locations, RequestContext context) {
        var parsed = id(id);
        return transactions
                .run(
                        context,
                        transaction -> table.lock(transaction, parsed)
                                .map(found -> found.orElseThrow(() -> notFound(id)))
                                .invoke(found -> {
                                    var kind = ImportRequest.of(found).file().kind();
                                    allowed.accept(kind);
                                    if (kind != ImportKind.PRODUCTS) {
                                        locations.requireAll(
                                                new AllowedLocations(found.locations()),
                                                "The import " + id + " may change stock at other locations, too.");
                                    }
                                })
                                .chain(found -> table.finish(transaction, parsed, Import.State.CANCELLED, null)))
                .map(ended -> ImportView.of(ended.orElseThrow(() -> ended(id))));
    }

    /**
     * The refused lines of an import as a file, in pieces.
     *
     * @param json whether each is a JSON object; otherwise CSV
     */
    Uni<RefusedLines.Pieces> rejected(String id, @Nullable Boolean json) {
        return stored(id).map(found -> {
            var request = ImportRequest.of(found);
            var lines = RefusedLines.of(
                    request, found.format(), json == null ? request.file().json() : json);
            return new RefusedLines.Pieces(lines.type(), pages(found.id(), lines));
        });
    }

    /** The head first, then page by page; empty at the end. */
    private Supplier<Uni<String>> pages(UUID id, RefusedLines lines) {
        var after = new AtomicLong(-1);
        var head = new AtomicReference<>(lines.head());
        return () -> {
            var first = head.getAndSet("");
            return first.isEmpty()
                    ? reads.list(client -> table.rejected(client, id, after.get(), REJECTED_AT_ONCE))
                            .invoke(page -> page.forEach(line -> after.set(line.line())))
                            .chain(page -> StrictJson.offLoop(length(page), () -> lines.text(page)))
                    : Uni.createFrom().item(first);
        };
    }

    private static int length(List<ImportTable.Rejected> page) {
        return page.stream().mapToInt(line -> line.raw().length()).sum();
    }

    private static UUID id(String id) {
        try {
            return UUID.fromString(id);
        } catch (IllegalArgumentException e) {
            throw notFound(id);
        }
    }

    private static AppException ended(String id) {
        return AppException.conflict("import-finished", "The import " + id + " has ended already.");
    }

    private static AppException notFound(String id) {
        return AppException.notFound("import-not-found", "There is no import " + id + ".");
    }
}
