package org.pmsevents.apikey;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;
import org.pmsevents.http.idempotency.AnswerWriter;
import org.pmsevents.http.idempotency.Idempotency;
import org.pmsevents.http.idempotency.IdempotencyKey;
import org.pmsevents.http.precondition.NamedResources;
import org.pmsevents.http.security.AllowedLocations;
import org.pmsevents.platform.database.Reads;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.json.StrictJson;
import org.pmsevents.platform.paging.Page;
import org.pmsevents.platform.paging.PageRequest;
import org.pmsevents.platform.problem.AppException;

/** Makes and revokes API keys, each with its entry in the audit. */
@ApplicationScoped
public class ApiKeyFlow implements NamedResources {
    private final ApiKeyTable keys;
    private final VerifiedKeys verified;
    private final Transactions transactions;
    private final Reads reads;
    private final Idempotency idempotency;
    private final ObjectMapper json;
    private final Clock clock;

    ApiKeyFlow(
            ApiKeyTable keys,
            VerifiedKeys verified,
            Transactions transactions,
            Reads reads,
            Idempotency idempotency,
            ObjectMapper json,
            Clock clock) {
        this.keys = keys;
        this.verified = verified;
        this.transactions = transactions;
        this.reads = reads;
        this.idempotency = idempotency;
        this.json = json;
        this.clock = clock;
    }

    /**
     * The answer to a request for a key.
     *
     * @param key the text, shown this once; null where the answer is replayed, because it is stored nowhere
     */
    @RegisterForReflection
    record Created(@JsonUnwrapped ApiKey stored, @Nullable String key) {}

    /** Who makes a key: none has more than its creator. */
    record Creator(Set<String> roles, AllowedLocations locations, RequestContext context) {}

    /**
     * Makes a key.
     *
     * @return JSON of {@link Created}
     * @throws AppException 400 with all violations; 403 {@code forbidden} or {@code location-not-allowed}; 409 {@code key-name-taken}
     */
    Uni<String> create(byte @Nullable [] body, @Nullable IdempotencyKey key, Creator creator) {
        return idempotency.once(
                key,
                Function.identity(),
                answers -> validateKey(body)
                        .invoke(wanted -> ApiKeyRules.requireNoMoreThan(creator.roles(), creator.locations(), wanted))
                        .chain(wanted -> createKey(wanted, answers, creator.context()))
                        .map(this::write));
    }

    /**
     * Revokes a key, here at once and on the other replicas within seconds.
     *
     * @throws AppException 404 {@code key-not-found}
     */
    Uni<Void> revoke(String id, RequestContext context) {
        if (!KeyText.isId(id)) {
            throw notFound(id);
        }
        return transactions
                .run(context, transaction -> keys.delete(transaction, id, context))
                .invoke(existed -> {
                    if (!existed) {
                        throw notFound(id);
                    }
                    verified.revoked(id);
                })
                .replaceWithVoid();
    }

    @Override
    public String path() {
        return "/api/keys/";
    }

    @Override
    public Uni<?> find(String id, RequestContext context) {
        return !KeyText.isId(id)
                ? Uni.createFrom().failure(notFound(id))
                : transactions.read(client -> keys.find(client, List.of(id))).invoke(found -> {
                    if (found.isEmpty()) {
                        throw notFound(id);
                    }
                });
    }

    private static AppException notFound(String id) {
        return AppException.notFound("key-not-found", "There is no API key with the id " + id + ".");
    }

    /** Lists keys in the order of their names. */
    Uni<Page<ApiKey>> list(PageRequest page) {
        return reads.list(client -> keys.list(client, page.after(), page.oneMore()))
                .map(found -> page.page(found, ApiKey::name));
    }

    /** Lists the audit, the newest entry first. */
    Uni<Page<ApiKeyChange>> audit(PageRequest page) {
        var after = page.afterId();
        return reads.list(client -> keys.listChanges(client, after, page.oneMore()))
                .map(found -> page.page(found, entry -> entry.id().toString()));
    }

    private Uni<NewKey> validateKey(byte @Nullable [] body) {
        return StrictJson.read(body, valid -> ApiKeyRules.key(valid, clock.instant()));
    }

    private Uni<Created> createKey(NewKey wanted, AnswerWriter answers, RequestContext context) {
        var text = KeyText.random();
        return transactions.run(
                context,
                transaction -> keys.insert(transaction, text, wanted, context)
                        .map(stored -> stored.orElseThrow(() -> AppException.conflict(
                                "key-name-taken", "There is a key named " + wanted.name() + " already.")))
                        .call(stored -> answers.store(transaction, write(new Created(stored, null))))
                        .map(stored -> new Created(stored, text.text())));
    }

    private String write(Created created) {
        try {
            return json.writeValueAsString(created);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a key can always be written", e);
        }
    }
}
