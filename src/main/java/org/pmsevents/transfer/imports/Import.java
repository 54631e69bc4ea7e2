package org.pmsevents.transfer.imports;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;

/**
 * An import as it is stored.
 *
 * @param options JSON text: how the file is to be read
 * @param format JSON text: what was found at the beginning of the file; null until that has arrived
 * @param locations where the sender may change stock; null: everywhere
 * @param bytes of the text in UTF-8
 * @param nextByte where the next chunk begins, at the line of the number {@code nextLine}
 * @param carried what the next line needs to know of those before
 * @param reason why it has failed
 */
record Import(
        UUID id,
        String kind,
        State state,
        boolean dryRun,
        String options,
        @Nullable String format,
        @Nullable List<String> locations,
        long bytes,
        long nextByte,
        long nextLine,
        @Nullable String carried,
        Counts counts,
        @Nullable String reason,
        @Nullable UUID jobId,
        RequestContext context,
        Instant createdAt,
        @Nullable Instant finishedAt) {

    enum State {
        RECEIVING,
        QUEUED,
        RUNNING,
        COMPLETED,
        CANCELLED,
        FAILED;

        String wireName() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }

        boolean isWorkedOff() {
            return this == QUEUED || this == RUNNING;
        }
    }

    /**
     * What became of the lines so far.
     *
     * @param read all lines that say something
     * @param duplicates lines about what an earlier line was about; also counted as what became of them
     */
    record Counts(long read, long created, long updated, long unchanged, long rejected, long duplicates) {
        static final Counts NONE = new Counts(0, 0, 0, 0, 0, 0);
    }
}
