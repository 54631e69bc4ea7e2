package org.pmsevents.http.limits;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import jakarta.inject.Singleton;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The memory for the bodies that a replica has in progress: half of it for unknown senders, half for the others. */
@Singleton
class BodyMemory {
    private final long half;
    private final int mostUnknown;
    private final AtomicLong ofKnown = new AtomicLong();
    private final AtomicLong ofUnknown = new AtomicLong();
    private final AtomicInteger unknown = new AtomicInteger();

    BodyMemory(LimitsConfig config, MeterRegistry meters) {
        this.half = config.bodyBytes() / 2;
        this.mostUnknown = config.maxUnknownSenders();
        meters.gauge("pms.limits.body.bytes", Tags.of("sender", "known"), ofKnown);
        meters.gauge("pms.limits.body.bytes", Tags.of("sender", "unknown"), ofUnknown);
    }

    /**
     * Whether a valid token identifies the sender of a body, or only a signature that can be verified once the body is complete.
     */
    enum Sender {
        KNOWN,
        UNKNOWN
    }

    /** Reserves a place for a body, with no bytes yet; null if there is none. */
    @Nullable
    Place enter(Sender sender) {
        if (sender == Sender.UNKNOWN && unknown.incrementAndGet() > mostUnknown) {
            unknown.decrementAndGet();
            return null;
        }
        return new Place(sender);
    }

    /** How many bytes the bodies of one kind of sender may have together. */
    long share() {
        return half;
    }

    /** How many bodies of unknown senders there may be. */
    int places() {
        return mostUnknown;
    }

    /** The place of one body; any thread may leave it. */
    final class Place {
        private final Sender sender;
        private long taken;
        private boolean left;

        private Place(Sender sender) {
            this.sender = sender;
        }

        Sender sender() {
            return sender;
        }

        /** Adds bytes. Returns false and adds none if there is no room, or the place was left. */
        synchronized boolean take(long more) {
            if (left) {
                return false;
            }
            if (bytes().addAndGet(more) > half) {
                bytes().addAndGet(-more);
                return false;
            }
            taken += more;
            return true;
        }

        synchronized long taken() {
            return taken;
        }

        synchronized boolean isLeft() {
            return left;
        }

        synchronized void leave() {
            if (!left) {
                left = true;
                bytes().addAndGet(-taken);
                if (sender == Sender.UNKNOWN) {
                    unknown.decrementAndGet();
                }
            }
        }

        private AtomicLong bytes() {
            return sender == Sender.UNKNOWN ? ofUnknown : ofKnown;
        }
    }
}
