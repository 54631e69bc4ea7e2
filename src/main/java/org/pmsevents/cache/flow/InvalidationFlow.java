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
import org.pmsevents.cache.version.Notices;
import org.pmsevents.cache.version.TagVersions;
import org.pmsevents.event.EventCodec;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.EventType;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.publish.EventPublisher;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.identity.ReplicaName;
import org.pmsevents.platform.problem.AppException;

/**
 * Update → invalidateKey → emitEvent(cache.invalid) → clearRelated → updateMetrics. The feed reports changes to all replicas;
 * notices report changes without an event. {@code cache.invalid} only makes both faster.
 */
@ApplicationScoped
public class InvalidationFlow {
    /** Tags in one message; replicas learn of further ones from their notices a moment later. */
    private static final int MOST_TAGS = 100;

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
     * @param version present version of the key; null if it has none
     * @param xid id of the transaction that left a notice; null if the feed reports the change
     */
    @RegisterForReflection
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Invalid(
            String replica,
            @Nullable String key,
            List<String> tags,
            @Nullable Long version,
            @Nullable Long xid) {}

    /** After a change with an event: older versions are not returned any more. Completes when Redis is updated or has failed. */
    public Uni<Void> invalidate(CacheKey key, long version, RequestContext context, CacheTag... related) {
        return Uni.createFrom()
                .voidItem()
                .invoke(() -> invalidateKey(key))
                .invoke(() -> emitEvent(key, version, related, context))
                .invoke(() -> clearRelated(related))
                .chain(() -> shared.invalidate(key, version))
                .invoke(this::updateMetrics);
    }

    /**
     * In the transaction of a change without an event. Pass the result to {@link #invalidate(Collection, long, RequestContext)}
     * after the commit.
     */
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

    /** Invalidates what this replica has changed, before the feed reports it; local and cheap. */
    public void clear(Collection<CacheTag> tags) {
        tags.forEach(tagVersions::clear);
    }

    /**
     * Makes all replicas read the entries that an operator names from PostgreSQL again.
     *
     * @throws AppException 400 if no such entries are cached
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
                        "?key",
                        "unknown-value",
                        "key must be product:SKU, stock:SKU/LOCATION, locations:SKU or that of a list."));
    }

    /** Takes the invalidation of another replica. */
    public void received(EventMessage invalid) {
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
        var names = tags.stream().map(CacheTag::toString).limit(MOST_TAGS).toList();
        events.emit(
                EventType.CACHE_INVALID,
                names.get(0),
                new Invalid(replica.value(), null, names, null, notice),
                context);
    }

    private void clearRelated(CacheTag[] related) {
        clear(List.of(related));
    }

    private void updateMetrics() {
        meters.invalidated();
    }
}
