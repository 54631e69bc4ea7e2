package org.pmsevents.cache.flow;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pmsevents.cache.CacheKey;
import org.pmsevents.cache.CacheTag;
import org.pmsevents.cache.store.SharedCache;
import org.pmsevents.cache.version.TagVersions;
import org.pmsevents.cache.version.Notices;
import org.pmsevents.event.EventCodec;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventType;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.identity.ReplicaName;
import org.pmsevents.platform.problem.AppException;

/**
 * Update → invalidateKey → emitEvent(cache.invalid) → clearRelated → updateMetrics. The feed tells all replicas of what has changed, and
 * notices of what is no event; {@code cache.invalid} only makes it sooner.
 */
@ApplicationScoped
public class InvalidationFlow {
    /** In one message; of the others their notices tell a moment later. */
    private static final int MOST_TOLD = 100;

    private final TagVersions tagVersions;
    private final SharedCache shared;
    private final Notices notices;
    private final Transactions transactions;
    private final EventPublisher events;
    private final EventCodec codec;
    private final ReplicaName replica;
    private final CacheMeters meters;

    InvalidationFlow(
            TagVersions tagVersions,
            SharedCache shared,
            Notices notices,
            Transactions transactions,
            EventPublisher events,
            EventCodec codec,
            ReplicaName replica,
            CacheMeters meters) {
        this.tagVersions = tagVersions;
        this.shared = shared;
        this.notices = notices;
        this.transactions = transactions;
        this.events = events;
        this.codec = codec;
        this.replica = replica;
        this.meters = meters;
    }

    /**
     * The payload of {@code cache.invalid}.
     *
     * @param version that the key has now; null where there is none
     * @param xid of the transaction that has left a notice; null where the feed tells of the change
     */
    @RegisterForReflection
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Invalid(
            String replica,
            @Nullable String key,
            List<String> tags,
            @Nullable Long version,
            @Nullable Long xid) {}

    /** After a change of which the feed tells: what is older than the version is not given any more. Completes when Redis has done its part, or will not. */
    public Uni<Void> invalidate(CacheKey key, long version, RequestContext context, CacheTag... related) {
        return Uni.createFrom()
                .voidItem()
                .invoke(() -> invalidateKey(key))
                .invoke(() -> emitEvent(key, version, related, context))
                .invoke(() -> clearRelated(related))
                .chain(() -> shared.invalidate(key, version))
                .invoke(this::updateMetrics);
    }

    /** In the transaction of a change that no event tells of; what it answers is for {@link #invalidate(Collection, long, RequestContext)}. */
    public Uni<Long> leaveNotice(SqlClient transaction, Collection<CacheTag> tags) {
        return notices.leave(transaction, tags);
    }

    /** After the commit of a change that has left a notice. */
    public void invalidate(Collection<CacheTag> tags, long notice, RequestContext context) {
        tags.forEach(tag -> {
            tagVersions.clear(tag);
            notices.committed(tag, notice);
        });
        emitEvent(tags, notice, context);
        updateMetrics();
    }

    /** What this replica has changed, before the feed tells of it; costs nothing. */
    public void clear(Collection<CacheTag> tags) {
        tags.forEach(tagVersions::clear);
    }

    /**
     * Has all replicas read anew what an operator names, from PostgreSQL.
     *
     * @throws AppException 400 if it names nothing that is cached
     */
    Uni<Void> clear(@Nullable String key, @Nullable String tag, RequestContext context) {
        if ((key == null) == (tag == null)) {
            throw AppException.validationFailed("?key", "required", "Either key or tag must be given.");
        }
        var named = key == null ? CacheTag.parse(String.valueOf(tag)) : tagOf(key);
        if (!named.isKnown() || named.toString().length() > CacheKey.LONGEST) {
            throw AppException.validationFailed(
                    "?tag", "unknown-value", "tag must be products, stocks, product:SKU or stock:SKU.");
        }
        var tags = List.of(named);
        return transactions
                .run(transaction -> leaveNotice(transaction, tags))
                .invoke(notice -> invalidate(tags, notice, context))
                .replaceWithVoid();
    }

    private static CacheTag tagOf(String key) {
        return CacheKey.parse(key)
                .map(CacheKey::tag)
                .orElseThrow(() -> AppException.validationFailed(
                        "?key", "unknown-value", "key must be product:SKU, stock:SKU/LOCATION or that of a list."));
    }

    /** Another replica tells what it has invalidated. */
    public void heard(EventMessage invalid) {
        JsonNode payload = codec.payload(invalid, JsonNode.class);
        if (payload.path("replica").asText().equals(replica.value())) {
            return;
        }
        long xid = payload.path("xid").asLong();
        payload.path("tags").forEach(each -> {
            var tag = CacheTag.parse(each.asText());
            tagVersions.clear(tag);
            if (xid > 0) {
                notices.committed(tag, xid);
            }
        });
    }

    private void invalidateKey(CacheKey key) {
        tagVersions.clear(key.tag());
    }

    private void emitEvent(CacheKey key, long version, CacheTag[] related, RequestContext context) {
        var tags = new ArrayList<String>();
        tags.add(key.tag().toString());
        for (var tag : related) {
            tags.add(tag.toString());
        }
        events.emit(
                EventType.CACHE_INVALID,
                key.toString(),
                new Invalid(replica.value(), key.toString(), tags, version, null),
                context);
    }

    private void emitEvent(Collection<CacheTag> tags, long notice, RequestContext context) {
        var names = tags.stream().map(CacheTag::toString).limit(MOST_TOLD).toList();
        events.emit(
                EventType.CACHE_INVALID, names.get(0), new Invalid(replica.value(), null, names, null, notice), context);
    }

    private void clearRelated(CacheTag[] related) {
        clear(List.of(related));
    }

    private void updateMetrics() {
        meters.invalidated();
    }
}
