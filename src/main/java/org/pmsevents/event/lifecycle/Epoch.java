package org.pmsevents.event.lifecycle;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.Alert;
import org.pmsevents.event.Alerts;
import org.pmsevents.event.RequestContext;
import org.pmsevents.event.feed.Feed;
import org.pmsevents.event.log.EventTable;
import org.pmsevents.event.transport.PublishedHead;

/**
 * Notices that the database is a copy or has gone back, and has it begin a new epoch, once in the cluster. The database decides under the
 * lock of the head ({@code check_feed}); this replica brings what is known outside of it: what it has dispatched, and what Redis has of the
 * feed.
 */
@ApplicationScoped
public class Epoch {
    private static final Logger LOG = Logger.getLogger(Epoch.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final EventTable events;
    private final Pool pool;
    private final Feed feed;
    private final PublishedHead publishedHead;
    private final Alerts alerts;

    Epoch(EventTable events, Pool pool, Feed feed, PublishedHead publishedHead, Alerts alerts) {
        this.events = events;
        this.pool = pool;
        this.feed = feed;
        this.publishedHead = publishedHead;
        this.alerts = alerts;
    }

    /** Before anything is published: returns the state of the epoch to join. */
    Uni<EventTable.State> checkAtStart() {
        return events.state(pool)
                .invoke(Epoch::logUnknown)
                .chain(state -> publishedHead.read(state.feedId()).chain(published -> {
                    var known = published.orElse(EventTable.Known.NOTHING);
                    return check(
                            state,
                            known.positions().isEmpty()
                                    ? null
                                    : known.positions().get(0),
                            known);
                }));
    }

    /**
     * At each poll: returns the state, that of the new epoch if one has begun.
     *
     * @param reached the position of this replica before the state was read
     */
    Uni<EventTable.State> check(EventTable.State state, long reached) {
        boolean sameEpoch = state.feedId().toString().equals(feed.id());
        boolean suspect = state.moved() || state.rewritten() || state.head() < reached || feed.isContradicted();
        return sameEpoch && suspect
                ? check(state, reached, feed.recent())
                : Uni.createFrom().item(state);
    }

    private Uni<EventTable.State> check(EventTable.State state, @Nullable Long highest, EventTable.Known known) {
        return events.check(pool, state.feedId(), highest, known)
                .ifNoItem()
                .after(TIMEOUT)
                .fail()
                .invoke(reason -> feed.settled())
                .chain(reason ->
                        events.state(pool).invoke(now -> reason.ifPresent(why -> begun(why, state, now, highest))));
    }

    private void begun(String reason, EventTable.State before, EventTable.State now, @Nullable Long highest) {
        var detail = detail(reason, now.head(), highest) + " Epoch " + now.feedId() + " in place of " + before.feedId()
                + ".";
        LOG.error(detail);
        alert(now, detail);
    }

    /** On each replica, in case that the one that began the epoch has ended: the alert counts once. */
    void tell(EventTable.State now) {
        alert(now, "Epoch " + now.feedId() + " begins at position " + now.head() + ", in place of " + feed.id() + ".");
    }

    private void alert(EventTable.State now, String detail) {
        alerts.raise(Alert.critical("feed-epoch", "The feed began a new epoch", detail, "feed", RequestContext.system())
                .once(now.feedId()));
    }

    static String detail(String reason, long head, @Nullable Long highest) {
        var lost = highest != null && highest > head
                ? "Positions " + (head + 1) + " to " + highest + " are lost or stand for other events."
                : "Positions up to " + head + " may stand for other events than before.";
        return switch (reason) {
            case "copied" ->
                "The database is a copy, or was restored on another server: it ends at position " + head + ".";
            case "behind" -> "The database has gone back. " + lost;
            case "rewritten" -> "The database has gone back and on again. " + lost;
            default -> "The database was restored or failed over, and nothing shows that it lost no changes. " + lost;
        };
    }

    private static void logUnknown(EventTable.State state) {
        if (!state.identified()) {
            LOG.info("PostgreSQL does not tell its system identifier or its timeline: a copy of the database on another"
                    + " server may go unnoticed, see renew-feed");
        }
    }
}
