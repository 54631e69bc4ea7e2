package org.pmsevents.product.batch;

/**
 * How lines are applied.
 *
 * @param status what the {@code status} of a line may do
 * @param atomic whether the batch fails if a line is refused
 * @param dryRun whether nothing is written at all, and the results are what they would be
 * @param waits whether rows that others hold are waited for, within the lock timeout of the transaction; otherwise their lines are left
 */
public record BatchOptions(BatchMode mode, StatusRule status, boolean atomic, boolean dryRun, boolean waits) {

    /** Each line by itself; lines whose rows others hold are left. */
    public static BatchOptions of(BatchMode mode) {
        return new BatchOptions(mode, StatusRule.PUBLISHES, false, false, false);
    }

    public BatchOptions with(StatusRule rule) {
        return new BatchOptions(mode, rule, atomic, dryRun, waits);
    }

    public BatchOptions allOrNone(boolean on) {
        return new BatchOptions(mode, status, on, dryRun, waits);
    }

    public BatchOptions preview(boolean on) {
        return new BatchOptions(mode, status, atomic, on, waits);
    }

    public BatchOptions waiting() {
        return new BatchOptions(mode, status, atomic, dryRun, true);
    }
}
