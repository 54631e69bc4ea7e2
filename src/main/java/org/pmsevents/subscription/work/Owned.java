package org.pmsevents.subscription.work;

import java.time.Instant;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.pmsevents.subscription.Outcome;
import org.pmsevents.subscription.Sender;
import org.pmsevents.subscription.Subscription;
import org.pmsevents.subscription.SubscriptionTable;

/** A subscription that this replica delivers. Belongs to the context of {@link SubscriptionWork}. */
final class Owned {
    /** Attempts that are noted together at most; of more of them the newest are. */
    private static final int MOST_NOTED = 20;

    private static final int MAX_ERROR = 1_000;

    final Subscription subscription;
    final Lanes lanes;
    /** Follows the feed as it is dispatched; otherwise it catches up. */
    boolean live;
    /** Sends nothing any more; given back once nothing is under way. */
    boolean closing;

    /** Its lease is kept until it is disabled. */
    boolean disabling;

    boolean flushing;
    /** Until when the lease is held for certain, by {@link System#nanoTime}. */
    long heldUntil;

    /** The number of the page that was last read for it; 0 for none. */
    long readIn;

    long timer = -1;
    private long attempts;
    private boolean moved;
    private @Nullable Instant successAt;
    private @Nullable String error;
    private @Nullable Instant errorAt;
    private final ArrayDeque<SubscriptionTable.Attempt> attempted = new ArrayDeque<>();

    Owned(Subscription subscription, Lanes lanes, long heldUntil) {
        this.subscription = subscription;
        this.lanes = lanes;
        this.heldUntil = heldUntil;
        this.attempts = subscription.attempts();
    }

    void attempted(Sender.Parcel parcel, Outcome outcome, Instant at) {
        attempts++;
        moved = true;
        if (outcome.isDelivered()) {
            successAt = at;
        } else {
            error = shortened(outcome.fault());
            errorAt = at;
        }
        if (attempted.size() == MOST_NOTED) {
            attempted.remove();
        }
        attempted.add(new SubscriptionTable.Attempt(
                attempts,
                at,
                parcel.id(),
                parcel.events().get(0).position(),
                parcel.events().size(),
                outcome.status(),
                (int) outcome.millis(),
                outcome.error() == null ? null : shortened(outcome.error()),
                outcome.answer()));
    }

    private static String shortened(String text) {
        var clean = text.replace('\0', ' ');
        return clean.substring(0, Math.min(MAX_ERROR, clean.length()));
    }

    boolean isGivenBack() {
        return closing && !disabling;
    }

    /** Whether there is something to store before the lease has to be renewed. */
    boolean hasMoved() {
        return moved || closing;
    }

    LeaseTable.Move move(long cursor, boolean ends) {
        var move = new LeaseTable.Move(
                subscription.id(), subscription.token(), cursor, attempts, successAt, error, errorAt, ends);
        moved = false;
        successAt = null;
        error = null;
        errorAt = null;
        return move;
    }

    java.util.List<LeaseTable.Noted> takeAttempts() {
        var noted = attempted.stream()
                .map(each -> new LeaseTable.Noted(subscription.id(), each))
                .toList();
        attempted.clear();
        return noted;
    }

    void notStored() {
        moved = true;
    }
}
