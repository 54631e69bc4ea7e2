package org.pmsevents.delivery.pages;

import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.stream.Collectors;
import org.pmsevents.delivery.Positions;
import org.pmsevents.delivery.Topics;
import org.pmsevents.event.FeedEvent;
import org.pmsevents.event.log.EventTable;
import org.pmsevents.platform.database.Reads;
import org.pmsevents.platform.problem.AppException;

/** Reads the feed page by page, with the position as the cursor. */
@ApplicationScoped
public class FeedReads {
    /** How many positions one page examines, so that a rare type does not cost a scan of the whole feed. */
    private static final int REACH = 5_000;

    private final EventTable events;
    private final Reads database;
    private final SecurityIdentity identity;

    FeedReads(EventTable events, Reads database, SecurityIdentity identity) {
        this.events = events;
        this.database = database;
        this.identity = identity;
    }

    /**
     * The events after a position as JSON text, {@code {"items":[…],"next":…,"epoch":…}}.
     *
     * @throws AppException 410 {@code feed-restarted} if the epoch is another; 410 {@code position-expired} with the oldest
     *     position; 400 {@code position-unknown} with the head
     */
    Uni<String> page(Positions.Place place, int limit, List<String> topics) {
        long after = place.position();
        var types = Topics.replayable(topics, identity.getRoles());
        return database.list(client -> events.read(client, after, limit, REACH, types))
                .invoke(stretch -> refuse(place, stretch))
                .map(stretch -> "{\"items\":["
                        + stretch.events().stream().map(FeedEvent::json).collect(Collectors.joining(","))
                        + "],\"next\":" + stretch.lastLooked() + ",\"epoch\":\"" + stretch.epoch() + "\"}");
    }

    private static void refuse(Positions.Place place, EventTable.Stretch stretch) {
        long after = place.position();
        if (place.epoch() != null && !place.epoch().equals(stretch.epoch())) {
            throw AppException.gone(
                            "feed-restarted",
                            "The feed has begun another epoch; read the state and continue from head.")
                    .with("epoch", stretch.epoch())
                    .with("oldest", stretch.pruned() + 1)
                    .with("head", stretch.head());
        }
        if (after > stretch.head()) {
            throw AppException.of(400, "position-unknown", "The feed has not reached position " + after + " yet.")
                    .with("head", stretch.head());
        }
        if (stretch.expired(after)) {
            throw AppException.gone(
                            "position-expired", "Events right after position " + after + " are no longer stored.")
                    .with("oldest", stretch.pruned() + 1);
        }
    }
}
