package org.pmsevents.delivery.pages;

import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.pmsevents.delivery.Topics;
import org.pmsevents.event.EventScope;
import org.pmsevents.event.EventType;
import org.pmsevents.event.FeedEvent;
import org.pmsevents.event.log.EventTable;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.problem.AppException;

/** Reads the feed page by page, with the position as the cursor. */
@ApplicationScoped
public class FeedReads {
    /** How many positions one page looks at, so that a rare type costs no walk over the whole feed. */
    private static final int REACH = 5_000;

    private static final Set<EventType> REPLAYABLE = Arrays.stream(EventType.values())
            .filter(type -> type.scope() == EventScope.FEED)
            .collect(Collectors.toUnmodifiableSet());

    private final EventTable events;
    private final Transactions database;
    private final SecurityIdentity identity;

    FeedReads(EventTable events, Transactions database, SecurityIdentity identity) {
        this.events = events;
        this.database = database;
        this.identity = identity;
    }

    /**
     * The events after a position as JSON text, {@code {"items":[…],"next":…}}.
     *
     * @throws AppException 410 {@code position-expired} with the oldest position; 400 {@code position-unknown} with the head
     */
    Uni<String> page(long after, int limit, List<String> topics) {
        var types = types(topics);
        return database.read(client -> events.read(client, after, limit, REACH, types))
                .invoke(stretch -> refuse(after, stretch))
                .map(stretch -> "{\"items\":["
                        + stretch.events().stream().map(FeedEvent::json).collect(Collectors.joining(","))
                        + "],\"next\":" + stretch.lastLooked() + "}");
    }

    /**
     * The types that the caller wants and may hear; all that can be replayed if none is named.
     *
     * @throws AppException 400 {@code topic-unknown}, also for a type that can't be replayed; 403 {@code topic-not-allowed}
     */
    public Set<EventType> types(List<String> topics) {
        var names = topics.stream()
                .flatMap(each -> Arrays.stream(each.split(",")))
                .filter(each -> !each.isEmpty())
                .toList();
        var types = EnumSet.copyOf(names.isEmpty() ? REPLAYABLE : Topics.types(names, identity.getRoles()));
        types.retainAll(REPLAYABLE);
        if (types.isEmpty()) {
            throw AppException.of(400, "topic-unknown", "Only product.* and inventory.* events can be replayed.");
        }
        return types;
    }

    private static void refuse(long after, EventTable.Stretch stretch) {
        if (after > stretch.head()) {
            throw AppException.of(400, "position-unknown", "The feed has not come to position " + after + " yet.")
                    .with("head", stretch.head());
        }
        if (stretch.expired(after)) {
            throw AppException.gone("position-expired", "Events right after position " + after + " are no longer kept.")
                    .with("oldest", stretch.pruned() + 1);
        }
    }
}
