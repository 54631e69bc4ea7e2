package org.pmsevents.pms.webhook;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.publish.AfterCommit;
import org.pmsevents.event.publish.Deadline;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.http.idempotency.AnswerWriter;
import org.pmsevents.http.idempotency.Idempotency;
import org.pmsevents.http.idempotency.IdempotencyKey;
import org.pmsevents.http.precondition.NamedResources;
import org.pmsevents.http.security.AllowedLocations;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.inventory.count.CountOutcome;
import org.pmsevents.inventory.count.StockCount;
import org.pmsevents.inventory.count.StockSync;
import org.pmsevents.platform.database.Attempt;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.json.StrictJson;
import org.pmsevents.platform.paging.Page;
import org.pmsevents.platform.paging.PageRequest;
import org.pmsevents.platform.problem.AppException;

/** Lists SKUs that came by webhook and have no product, and resolves them to products. */
@ApplicationScoped
public class UnknownSkuFlow implements NamedResources {
    private final UnknownSkuTable unknownSkus;
    private final StockSync stock;
    private final Transactions transactions;
    private final WebhookConfig config;
    private final Idempotency idempotency;
    private final EventPublisher events;
    private final AfterCommit afterCommit;
    private final ObjectMapper json;

    UnknownSkuFlow(
            UnknownSkuTable unknownSkus,
            StockSync stock,
            Transactions transactions,
            WebhookConfig config,
            Idempotency idempotency,
            EventPublisher events,
            AfterCommit afterCommit,
            ObjectMapper json) {
        this.unknownSkus = unknownSkus;
        this.stock = stock;
        this.transactions = transactions;
        this.config = config;
        this.idempotency = idempotency;
        this.events = events;
        this.afterCommit = afterCommit;
        this.json = json;
    }

    /**
     * The answer to a resolution.
     *
     * @param outcome outcome of its count: applied, unchanged, or stale
     */
    @RegisterForReflection
    record Resolved(@JsonUnwrapped UnknownSku unknownSku, String outcome) {}

    /** A committed resolution, with its changes of stock. */
    private record Resolution(String answer, StockSync.Synced synced, RequestContext context, Deadline answerBy) {}

    @Override
    public String path() {
        return "/api/pms/unknown-skus/";
    }

    /** @throws AppException 404 {@code unknown-sku-not-found} */
    @Override
    public Uni<?> find(String name, RequestContext context) {
        return find(name);
    }

    /** Lists unknown SKUs in the order in which they were first seen; resolved and open ones if {@code resolved} is null. */
    Uni<Page<UnknownSku>> list(@Nullable Boolean resolved, PageRequest page) {
        var after = page.afterId();
        return transactions
                .read(client -> unknownSkus.list(client, after, resolved, page.oneMore()))
                .map(found -> page.page(found, each -> each.id().toString()));
    }

    /**
     * Resolves an unknown SKU to a product, and applies its count to the stock of the product as of the time of the count.
     *
     * @return JSON of {@link Resolved}
     * @param allowed where the caller may change stock
     * @throws AppException 400 with all violations; 403 {@code location-not-allowed}; 404 {@code unknown-sku-not-found} or {@code product-not-found}; 409 {@code
     *     unknown-sku-resolved}, {@code insufficient-stock} or {@code stock-out-of-range}
     */
    Uni<String> resolve(
            String id,
            byte @Nullable [] body,
            AllowedLocations allowed,
            @Nullable IdempotencyKey key,
            RequestContext context) {
        return idempotency.once(
                key,
                Function.identity(),
                answers -> validateResolution(body)
                        .chain(sku -> resolveSku(id, sku, allowed, answers, context))
                        .call(this::emitEvent)
                        .call(this::updateCache)
                        .call(this::notifyWebSocket)
                        .map(Resolution::answer));
    }

    private static Uni<String> validateResolution(byte @Nullable [] body) {
        return StrictJson.read(body, SyncRules::resolution);
    }

    /** Stock rows must exist before they are locked. The location never changes, so it can be read before the transaction. */
    private Uni<Resolution> resolveSku(
            String id, String sku, AllowedLocations allowed, AnswerWriter answers, RequestContext context) {
        return find(id).map(UnknownSkuFlow::refuseResolved)
                .invoke(found -> allowed.require(found.location()))
                .chain(found -> {
                    var key = new StockKey(sku, found.location());
                    return stock.open(Set.of(key)).chain(() -> transact(found.id(), key, answers, context));
                });
    }

    private Uni<UnknownSku> find(String id) {
        return transactions
                .read(client -> unknownSkus.find(client, id(id)))
                .map(found -> found.orElseThrow(() -> notFound(id)));
    }

    private Uni<Resolution> transact(UUID id, StockKey key, AnswerWriter answers, RequestContext context) {
        return Attempt.repeatOnConflict(() -> transactions.runWithin(
                context, config.holdLimit(), transaction -> resolveSku(transaction, id, key, answers, context)));
    }

    /** Locks the stock before the unknown SKU, in the same order as webhooks. */
    private Uni<Resolution> resolveSku(
            Transactions.Limited transaction, UUID id, StockKey key, AnswerWriter answers, RequestContext context) {
        return stock.lock(transaction, Set.of(key))
                .chain(locked -> transaction
                        .next(client -> unknownSkus.lock(client, id))
                        .map(found -> refuseResolved(found.orElseThrow(() -> notFound(id.toString()))))
                        .chain(found -> stock.sync(
                                transaction, locked, List.of(count(key, found)), found.webhookId(), context)))
                .invoke(synced -> refuse(key, synced))
                .chain(synced -> transaction
                        .next(client -> unknownSkus.resolve(client, id, key.sku(), context.actor()))
                        .map(resolved ->
                                new Resolution(write(resolved, synced), synced, context, afterCommit.answerBy())))
                .call(resolution -> transaction.next(client -> answers.store(client, resolution.answer())));
    }

    private static StockCount count(StockKey key, UnknownSku found) {
        return new StockCount(key, found.onHand(), found.countedAt());
    }

    private static void refuse(StockKey key, StockSync.Synced synced) {
        if (!synced.knows(key)) {
            throw AppException.notFound("product-not-found", "There is no product with the SKU " + key.sku() + ".");
        }
        var outcome = synced.outcomes().get(0);
        if (outcome.kind() == CountOutcome.Kind.REFUSED) {
            throw AppException.conflict(
                    Objects.requireNonNull(outcome.code()), Objects.requireNonNull(outcome.detail()));
        }
    }

    private String write(UnknownSku resolved, StockSync.Synced synced) {
        try {
            var outcome = synced.outcomes().get(0).kind().name().toLowerCase(Locale.ROOT);
            return json.writeValueAsString(new Resolved(resolved, outcome));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an unknown SKU can always be written", e);
        }
    }

    private Uni<Void> emitEvent(Resolution resolution) {
        return afterCommit(resolution, "emitEvent", events::published);
    }

    private Uni<Void> updateCache(Resolution resolution) {
        return afterCommit(resolution, "updateCache", event -> stock.writeLevels(resolution.synced()));
    }

    private Uni<Void> notifyWebSocket(Resolution resolution) {
        return afterCommit(resolution, "notifyWebSocket", events::dispatched);
    }

    private Uni<Void> afterCommit(Resolution resolution, String step, Function<UUID, Uni<?>> work) {
        var lastEvent = resolution.synced().lastEventId();
        return lastEvent == null
                ? Uni.createFrom().voidItem()
                : afterCommit.attempt(step, resolution.context(), resolution.answerBy(), () -> work.apply(lastEvent));
    }

    private static UnknownSku refuseResolved(UnknownSku found) {
        if (found.isResolved()) {
            throw AppException.conflict(
                    "unknown-sku-resolved", "This unknown SKU is already resolved to " + found.resolvedTo() + ".");
        }
        return found;
    }

    private static UUID id(String id) {
        try {
            return UUID.fromString(id);
        } catch (IllegalArgumentException e) {
            throw notFound(id);
        }
    }

    private static AppException notFound(String id) {
        return AppException.notFound("unknown-sku-not-found", "There is no unknown SKU " + id + ".");
    }
}
