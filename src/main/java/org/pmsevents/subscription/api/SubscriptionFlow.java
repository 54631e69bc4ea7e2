package org.pmsevents.subscription.api;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Base64;
import java.util.Map;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;
import org.pmsevents.http.idempotency.Idempotency;
import org.pmsevents.http.idempotency.IdempotencyKey;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.identity.UuidV7;
import org.pmsevents.platform.json.JsonWriter;
import org.pmsevents.platform.json.StrictJson;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.subscription.Subscription;
import org.pmsevents.subscription.SubscriptionTable;
import org.pmsevents.subscription.SubscriptionTable.Standing;
import org.pmsevents.subscription.work.SubscriptionWork;

/** Makes and changes subscriptions, each change with its entry in the audit. */
@ApplicationScoped
class SubscriptionFlow {
    private static final int SECRET_BYTES = 32;

    private final SubscriptionTable table;
    private final SubscriptionRules rules;
    private final SubscriptionWork work;
    private final Transactions transactions;
    private final Idempotency idempotency;
    private final JsonWriter json;
    private final Clock clock;
    private final SecureRandom random = new SecureRandom();

    SubscriptionFlow(
            SubscriptionTable table,
            SubscriptionRules rules,
            SubscriptionWork work,
            Transactions transactions,
            Idempotency idempotency,
            JsonWriter json,
            Clock clock) {
        this.table = table;
        this.rules = rules;
        this.work = work;
        this.transactions = transactions;
        this.idempotency = idempotency;
        this.json = json;
        this.clock = clock;
    }

    /** An answer that shows a new secret; null where nothing is signed, and where the answer is replayed, because it is stored nowhere. */
    @RegisterForReflection
    record WithSecret(
            @JsonUnwrapped SubscriptionView subscription,
            @Nullable String secret) {}

    /**
     * Makes a subscription.
     *
     * @return JSON of {@link WithSecret}
     * @throws AppException 400 with all violations, or {@code position-unknown}; 409 {@code subscription-name-taken}; 410 {@code
     *     position-expired}, {@code feed-restarted}
     */
    Uni<String> create(byte @Nullable [] body, @Nullable IdempotencyKey key, RequestContext context) {
        return idempotency
                .once(
                        key,
                        Function.identity(),
                        answers -> StrictJson.read(body, rules::created)
                                .chain(wanted -> transactions.run(
                                        context,
                                        transaction -> insert(transaction, wanted, context)
                                                .call(made -> answers.store(
                                                        transaction,
                                                        json.write(new WithSecret(made.subscription(), null))))))
                                .map(json::write))
                .invoke(work::wake);
    }

    private Uni<WithSecret> insert(SqlClient transaction, SubscriptionRules.New wanted, RequestContext context) {
        var id = UuidV7.next(clock);
        var secret = rules.signs(wanted.wanted().kind()) ? newSecret() : null;
        var name = wanted.wanted().name();
        return table.ends(transaction)
                .map(ends -> position(wanted.start(), ends))
                .chain(position -> table.insert(transaction, id, wanted.wanted(), position, secret, context.actor()))
                .invoke(made -> {
                    if (!made) {
                        throw nameTaken(name);
                    }
                })
                .chain(() -> table.note(transaction, "created", id, name, null, context))
                .chain(() -> shown(transaction, id))
                .map(view -> new WithSecret(view, secret));
    }

    private Uni<SubscriptionView> shown(SqlClient client, UUID id) {
        return table.find(client, id)
                .map(found -> SubscriptionView.of(found.orElseThrow(() -> SubscriptionReads.notFound(id.toString()))));
    }

    /** The position after which it goes on. */
    private static long position(String place, SubscriptionTable.Ends ends) {
        if (place.equals("now")) {
            return ends.head();
        }
        if (place.equals("oldest")) {
            return ends.pruned();
        }
        int colon = place.lastIndexOf(':');
        long position = Long.parseLong(place.substring(colon + 1));
        if (colon > 0 && !place.substring(0, colon).equals(ends.epoch())) {
            throw AppException.gone("feed-restarted", "The feed has begun another epoch; begin at oldest or now.")
                    .with("epoch", ends.epoch())
                    .with("oldest", ends.pruned() + 1)
                    .with("head", ends.head());
        }
        if (position > ends.head()) {
            throw AppException.of(400, "position-unknown", "The feed has not reached position " + position + " yet.")
                    .with("head", ends.head());
        }
        return requireStored(position, ends);
    }

    private static long requireStored(long position, SubscriptionTable.Ends ends) {
        if (position != 0 && position < ends.pruned()) {
            throw expired(position, ends);
        }
        return Math.max(position, ends.pruned());
    }

    private static AppException expired(long position, SubscriptionTable.Ends ends) {
        return AppException.gone(
                        "position-expired",
                        "Events right after position " + position + " are no longer stored. Replay after oldest.")
                .with("oldest", ends.pruned() + 1);
    }

    /** All that it has still to deliver has to be stored: what is after its cursor, and what is held behind it. */
    private Uni<Void> requireStored(SqlClient transaction, Subscription subscription) {
        return table.ends(transaction)
                .chain(ends -> table.firstHeld(transaction, subscription.id())
                        .map(held -> Math.min(
                                subscription.position(),
                                held.map(first -> first - 1).orElse(Long.MAX_VALUE)))
                        .invoke(position -> {
                            if (position < ends.pruned()) {
                                throw expired(position, ends);
                            }
                        })
                        .replaceWithVoid());
    }

    /** @throws AppException 400 with all violations; 404; 409 {@code subscription-name-taken} */
    Uni<SubscriptionView> patch(String text, byte @Nullable [] body, RequestContext context) {
        return transactions
                .run(
                        context,
                        transaction -> locked(transaction, text).chain(standing -> {
                            var stored = standing.subscription();
                            return StrictJson.read(body, patch -> rules.patched(patch, stored))
                                    .call(wanted -> table.update(transaction, stored.id(), wanted)
                                            .onFailure(SubscriptionTable::isNameTaken)
                                            .transform(taken -> nameTaken(wanted.name())))
                                    .call(wanted -> table.note(
                                            transaction,
                                            "changed",
                                            stored.id(),
                                            wanted.name(),
                                            json.write(wanted),
                                            context))
                                    .chain(wanted -> shown(transaction, stored.id()));
                        }))
                .invoke(work::wake);
    }

    Uni<Void> delete(String text, RequestContext context) {
        return transactions
                .run(
                        context,
                        transaction -> locked(transaction, text)
                                .call(found -> table.note(
                                        transaction,
                                        "deleted",
                                        found.subscription().id(),
                                        found.subscription().name(),
                                        null,
                                        context))
                                .chain(found -> table.delete(
                                        transaction, found.subscription().id())))
                .invoke(work::wake);
    }

    /** @throws AppException 409 {@code subscription-not-active} */
    Uni<String> pause(String text, @Nullable IdempotencyKey key, RequestContext context) {
        return act("paused", text, key, context, null, (transaction, standing) -> {
            var stored = standing.subscription();
            if (stored.state().equals(Subscription.DISABLED)) {
                throw AppException.conflict(
                        "subscription-not-active",
                        "It is disabled (" + stored.reason() + "): nothing is delivered until it is resumed.");
            }
            return table.setState(transaction, stored.id(), Subscription.PAUSED);
        });
    }

    /** @throws AppException 410 {@code position-expired}: replay first */
    Uni<String> resume(String text, @Nullable IdempotencyKey key, RequestContext context) {
        return act(
                "resumed",
                text,
                key,
                context,
                null,
                (transaction, standing) -> requireStored(transaction, standing.subscription())
                        .chain(() -> table.setState(
                                transaction, standing.subscription().id(), Subscription.ACTIVE)));
    }

    /** Sets the cursor; the state stays. */
    Uni<String> replay(String text, byte @Nullable [] body, @Nullable IdempotencyKey key, RequestContext context) {
        return StrictJson.read(body, SubscriptionRules::place)
                .chain(after -> act(
                        "replayed",
                        text,
                        key,
                        context,
                        json.write(Map.of("after", after)),
                        (transaction, standing) -> table.ends(transaction)
                                .map(ends -> position(after, ends))
                                .chain(position -> table.replay(
                                        transaction, standing.subscription().id(), position))));
    }

    private Uni<String> act(
            String change,
            String text,
            @Nullable IdempotencyKey key,
            RequestContext context,
            @Nullable String detail,
            BiFunction<SqlClient, Standing, Uni<Void>> step) {
        return idempotency
                .once(
                        key,
                        Function.identity(),
                        answers -> transactions.run(
                                context,
                                transaction -> locked(transaction, text)
                                        .chain(standing -> {
                                            var id = standing.subscription().id();
                                            return step.apply(transaction, standing)
                                                    .chain(() -> table.note(
                                                            transaction,
                                                            change,
                                                            id,
                                                            standing.subscription()
                                                                    .name(),
                                                            detail,
                                                            context))
                                                    .chain(() -> shown(transaction, id));
                                        })
                                        .map(json::write)
                                        .call(answer -> answers.store(transaction, answer))))
                .invoke(work::wake);
    }

    /** @throws AppException 409 {@code wrong-delivery-kind} */
    Uni<String> rotate(String text, @Nullable IdempotencyKey key, RequestContext context) {
        return idempotency
                .once(
                        key,
                        Function.identity(),
                        answers -> transactions
                                .run(
                                        context,
                                        transaction -> locked(transaction, text)
                                                .invoke(standing -> requireSigned(standing.subscription()))
                                                .chain(standing ->
                                                        rotate(transaction, standing.subscription(), context))
                                                .call(made -> answers.store(
                                                        transaction,
                                                        json.write(new WithSecret(made.subscription(), null)))))
                                .map(json::write))
                .invoke(work::wake);
    }

    private Uni<WithSecret> rotate(SqlClient transaction, Subscription stored, RequestContext context) {
        var secret = newSecret();
        return table.rotate(transaction, stored.id(), secret)
                .chain(() -> table.note(transaction, "secret-rotated", stored.id(), stored.name(), null, context))
                .chain(() -> shown(transaction, stored.id()))
                .map(view -> new WithSecret(view, secret));
    }

    private void requireSigned(Subscription stored) {
        if (!rules.signs(stored.kind())) {
            throw wrongKind("Only what is delivered by webhook is signed.");
        }
    }

    private Uni<Standing> locked(SqlClient transaction, String text) {
        return Uni.createFrom()
                .item(() -> SubscriptionReads.id(text))
                .chain(id -> table.lock(transaction, id))
                .map(found -> found.orElseThrow(() -> SubscriptionReads.notFound(text)));
    }

    private String newSecret() {
        var bytes = new byte[SECRET_BYTES];
        random.nextBytes(bytes);
        return "whsec_" + Base64.getEncoder().encodeToString(bytes);
    }

    private static AppException nameTaken(String name) {
        return AppException.conflict("subscription-name-taken", "There is a subscription named " + name + " already.");
    }

    static AppException wrongKind(String detail) {
        return AppException.conflict("wrong-delivery-kind", detail);
    }
}
