package org.pmsevents.queue.worker;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The ids under which a worker claims. After a claim without an answer it claims under another one, so that what the lost claim took, now
 * or later, can be released by its id and nothing else is. Claims are made one at a time.
 */
final class LostClaims {
    private final Supplier<UUID> newId;
    private final long leaseNanos;
    /** When each claim was given up, by {@link System#nanoTime}. */
    private final Map<UUID, Long> lostAt = new ConcurrentHashMap<>();
    /** Jobs that ran here and whose outcome could not be stored: their attempts count. */
    private final Map<UUID, Long> unstoredAt = new ConcurrentHashMap<>();

    private volatile UUID id;

    /** @param lease how long a lost claim is looked for; after that others have taken its jobs over */
    LostClaims(Supplier<UUID> newId, Duration lease) {
        this.newId = newId;
        this.leaseNanos = lease.toNanos();
        this.id = newId.get();
    }

    /** The id to claim under now. */
    UUID id() {
        return id;
    }

    List<UUID> lostIds() {
        return List.copyOf(lostAt.keySet());
    }

    List<UUID> allIds() {
        var all = new ArrayList<>(lostAt.keySet());
        all.add(id);
        return all;
    }

    Collection<UUID> unstored() {
        return List.copyOf(unstoredAt.keySet());
    }

    void claimFailed() {
        lostAt.put(id, System.nanoTime());
        id = newId.get();
    }

    /**
     * The jobs of all lost ids were released.
     *
     * @param asked when that was asked for, by {@link System#nanoTime}
     */
    void released(long asked) {
        lostAt.values().removeIf(at -> asked - at > leaseNanos);
    }

    /** The job ran, and its outcome could not be stored. Remembered until its lease has expired for certain. */
    void notStored(UUID job) {
        long now = System.nanoTime();
        unstoredAt.values().removeIf(at -> now - at > 2 * leaseNanos);
        unstoredAt.put(job, now);
    }
}
