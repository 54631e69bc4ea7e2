package org.pmsevents.limits;

import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.pmsevents.limits.BodyLimit.Sender;

/** What the bodies that a replica has in hand may take of its memory, and how much of that those may whom nobody knows yet. */
@Singleton
class BodyMemory {
    private final long mostBytes;
    private final int mostUnknown;
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong ofUnknown = new AtomicLong();
    private final AtomicInteger unknown = new AtomicInteger();

    BodyMemory(LimitsConfig config, MeterRegistry meters) {
        this.mostBytes = config.bodyBytes();
        this.mostUnknown = config.maxUnknownSenders();
        meters.gauge("pms.limits.body.bytes", bytes);
    }

    /** A place for a body, with no bytes yet; null if there is none. */
    @Nullable
    Place enter(Sender sender) {
        if (sender == Sender.UNKNOWN && unknown.incrementAndGet() > mostUnknown) {
            unknown.decrementAndGet();
            return null;
        }
        return new Place(sender);
    }

    /** Of one body; belongs to one thread, but may be left by any. */
    final class Place {
        private final Sender sender;
        private final AtomicLong taken = new AtomicLong();
        private final AtomicBoolean left = new AtomicBoolean();

        private Place(Sender sender) {
            this.sender = sender;
        }

        /** Whether there is room for so many more bytes; if not, none are taken. */
        boolean take(long more) {
            if (!add(bytes, more, mostBytes)) {
                return false;
            }
            if (sender == Sender.UNKNOWN && !add(ofUnknown, more, mostBytes / 2)) {
                bytes.addAndGet(-more);
                return false;
            }
            taken.addAndGet(more);
            return true;
        }

        void leave() {
            if (left.compareAndSet(false, true)) {
                bytes.addAndGet(-taken.get());
                if (sender == Sender.UNKNOWN) {
                    ofUnknown.addAndGet(-taken.get());
                    unknown.decrementAndGet();
                }
            }
        }

        private static boolean add(AtomicLong counter, long more, long most) {
            if (counter.addAndGet(more) > most) {
                counter.addAndGet(-more);
                return false;
            }
            return true;
        }
    }
}
