package org.pmsevents.apikey;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;
import org.pmsevents.http.security.ApiKeyVerifier;
import org.pmsevents.http.security.Caller;
import org.pmsevents.http.security.KeyConnections;
import org.pmsevents.http.security.TokenRefusal;
import org.pmsevents.platform.database.Reads;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.periodic.Periodic;
import org.pmsevents.platform.shutdown.Draining;

/**
 * The keys that callers of this replica use. PostgreSQL is asked every 1.5 s whether they still exist, so that a request costs no query and
 * a revocation needs no message. A key that was not confirmed for 30 s, because PostgreSQL is unavailable, is looked up again.
 */
@ApplicationScoped
@RegisterForReflection(
        classNames = {"com.github.benmanes.caffeine.cache.PSAMS", "com.github.benmanes.caffeine.cache.SSMSA"})
public class VerifiedKeys implements ApiKeyVerifier {
    private static final Logger LOG = Logger.getLogger(VerifiedKeys.class);

    /** Two polls, of which the first may just miss a revocation, take less than 5 s. */
    private static final Duration POLL = Duration.ofMillis(1_500);

    private static final Duration GOOD_FOR = Duration.ofSeconds(30);
    private static final Duration UNKNOWN_FOR = Duration.ofSeconds(5);
    private static final Duration WRITE_USE = Duration.ofMinutes(1);
    private static final int MOST_KNOWN = 10_000;

    private final ApiKeyTable table;
    private final Reads reads;
    private final Transactions transactions;
    private final KeyConnections connections;
    private final Clock clock;
    private final Counter queries;
    private final KeyLookUps<Known> lookUps = new KeyLookUps<>(this::lookUp);
    private final Map<String, Instant> used = new ConcurrentHashMap<>();

    /** Keys leave it when they have not been used for as long as they are good. */
    private final Cache<String, Known> known = Caffeine.newBuilder()
            .maximumSize(MOST_KNOWN)
            .expireAfterAccess(GOOD_FOR)
            .executor(Runnable::run)
            .build();

    private final Cache<String, Boolean> unknown = Caffeine.newBuilder()
            .maximumSize(MOST_KNOWN)
            .expireAfterWrite(UNKNOWN_FOR)
            .executor(Runnable::run)
            .build();

    VerifiedKeys(
            ApiKeyTable table,
            Reads reads,
            Transactions transactions,
            KeyConnections connections,
            Clock clock,
            MeterRegistry meters) {
        this.table = table;
        this.reads = reads;
        this.transactions = transactions;
        this.connections = connections;
        this.clock = clock;
        this.queries = meters.counter("pms.keys.lookups");
    }

    /** A key that existed when PostgreSQL was last asked. */
    private static final class Known {
        private final StoredKey stored;
        private final Caller caller;
        private volatile long confirmedAt;

        Known(StoredKey stored, long confirmedAt) {
            this.stored = stored;
            this.caller = stored.caller();
            this.confirmedAt = confirmedAt;
        }

        boolean isGood() {
            return System.nanoTime() - confirmedAt < GOOD_FOR.toNanos();
        }
    }

    void start(@Observes StartupEvent started, Periodic periodic, Draining draining) {
        periodic.task("keys.poll", POLL, this::confirm)
                .onFailure(failure -> LOG.debugf("API keys can't be confirmed: %s", failure))
                .start();
        periodic.task("keys.used", WRITE_USE, this::writeUse)
                .onFailure(failure -> LOG.debugf("the last use of API keys can't be stored: %s", failure))
                .start();
        draining.onShutdown("storing the last use of API keys", this::writeUse);
    }

    @Override
    public Uni<Caller> verify(String text) {
        if (!KeyText.isComplete(text)) {
            return refused(TokenRefusal.KEY_FORMAT);
        }
        var sent = KeyText.of(text);
        var found = known.getIfPresent(sent.id());
        if (found != null && found.isGood()) {
            return judged(found, sent);
        }
        return unknown.getIfPresent(sent.id()) == null
                ? lookUps.find(sent.id())
                        .chain(exists ->
                                exists.isPresent() ? judged(exists.get(), sent) : refused(TokenRefusal.KEY_UNKNOWN))
                : refused(TokenRefusal.KEY_UNKNOWN);
    }

    private Uni<Caller> judged(Known key, KeyText sent) {
        if (!key.stored.is(sent)) {
            return refused(TokenRefusal.KEY_UNKNOWN);
        }
        var now = clock.instant();
        var expires = key.stored.key().expiresAt();
        if (expires != null && key.stored.isExpired(now)) {
            return refused(TokenRefusal.keyExpired(expires));
        }
        used.put(sent.id(), now);
        return Uni.createFrom().item(key.caller);
    }

    private static Uni<Caller> refused(TokenRefusal refusal) {
        return Uni.createFrom().failure(refusal.asFailure());
    }

    /** Forgets a key that does not exist any more, and closes what it has opened. */
    void revoked(String id) {
        unknown.put(id, true);
        known.invalidate(id);
        used.remove(id);
        connections.close(id);
    }

    private Uni<Map<String, Known>> lookUp(Set<String> ids) {
        long asked = System.nanoTime();
        queries.increment();
        return reads.byKey(client -> table.find(client, ids)).map(found -> remembered(ids, found, asked));
    }

    private Map<String, Known> remembered(Set<String> ids, Collection<StoredKey> found, long asked) {
        var keys = new HashMap<String, Known>();
        for (var stored : found) {
            var id = stored.key().id();
            var key = new Known(stored, asked);
            keys.put(id, key);
            known.put(id, key);
            // revoked since it was read
            if (unknown.getIfPresent(id) != null) {
                known.invalidate(id);
            }
        }
        ids.stream().filter(id -> !keys.containsKey(id)).forEach(id -> unknown.put(id, true));
        return keys;
    }

    /** Asks PostgreSQL about all keys that are in use here. */
    private Uni<Void> confirm() {
        var inUse = new HashSet<>(known.asMap().keySet());
        inUse.addAll(connections.keys());
        if (inUse.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        long asked = System.nanoTime();
        return transactions
                .read(client -> table.find(client, inUse))
                .invoke(found -> confirmed(inUse, found, asked))
                .replaceWithVoid();
    }

    private void confirmed(Set<String> asked, Collection<StoredKey> found, long at) {
        var gone = new HashSet<>(asked);
        for (var stored : found) {
            var id = stored.key().id();
            gone.remove(id);
            // quietly: being confirmed is no use
            var key = known.policy().getIfPresentQuietly(id);
            if (key != null) {
                key.confirmedAt = at;
            }
        }
        gone.forEach(this::revoked);
    }

    private Uni<Void> writeUse() {
        var now = Map.copyOf(used);
        if (now.isEmpty()) {
            return Uni.createFrom().voidItem();
        }
        now.forEach(used::remove);
        return transactions
                .runRepeatable(transaction -> table.used(transaction, now))
                .onFailure()
                .invoke(() -> now.forEach(used::putIfAbsent));
    }
}
