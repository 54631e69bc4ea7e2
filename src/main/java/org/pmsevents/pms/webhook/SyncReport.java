package org.pmsevents.pms.webhook;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.pmsevents.inventory.count.CountOutcome;

/**
 * The answer to a webhook. All numbers count lines.
 *
 * @param applied lines that changed a stock
 * @param unchanged lines that equal the stock
 * @param stale lines that are not newer than the last count of the stock
 * @param rejected lines that can't be read or applied, or whose SKU is unknown
 */
@RegisterForReflection
record SyncReport(int applied, int unchanged, int stale, List<Rejected> rejected) {
    private static final String COUNTED_AHEAD = "counted-ahead";

    /**
     * A line that was rejected, and why.
     *
     * @param sku null if the line has none that is a text
     * @param pointer JSON pointer to what can't be read; null if the line could be read
     */
    @RegisterForReflection
    record Rejected(
            int index,
            @Nullable String sku,
            String code,
            String detail,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            String pointer) {}

    /** The payload of {@code inventory.synced}. All numbers count lines. */
    @RegisterForReflection
    record Synced(String source, String webhookId, int lines, int applied, int unchanged, int stale, int rejected) {}

    /** @param outcomes outcomes of the timely lines */
    static SyncReport of(SyncRequest request, List<CountLine> timely, List<CountOutcome> outcomes) {
        var rejected = new ArrayList<>(request.unreadable());
        request.lines().stream()
                .filter(line -> SyncRules.isTooFarAhead(line, request.at()))
                .map(SyncReport::ahead)
                .forEach(rejected::add);
        for (int i = 0; i < timely.size(); i++) {
            if (outcomes.get(i).kind() == CountOutcome.Kind.REFUSED) {
                rejected.add(rejected(timely.get(i), outcomes.get(i)));
            }
        }
        rejected.sort((one, other) -> Integer.compare(one.index(), other.index()));
        return new SyncReport(
                count(outcomes, CountOutcome.Kind.APPLIED),
                count(outcomes, CountOutcome.Kind.UNCHANGED),
                count(outcomes, CountOutcome.Kind.STALE),
                List.copyOf(rejected));
    }

    Synced told(String source, String webhookId) {
        int lines = applied + unchanged + stale + rejected.size();
        return new Synced(source, webhookId, lines, applied, unchanged, stale, rejected.size());
    }

    private static Rejected ahead(CountLine line) {
        return new Rejected(
                line.index(),
                line.stock().sku(),
                COUNTED_AHEAD,
                "countedAt is more than " + SyncRules.AHEAD.toMinutes() + " minutes ahead.",
                null);
    }

    private static Rejected rejected(CountLine line, CountOutcome outcome) {
        return new Rejected(
                line.index(),
                line.stock().sku(),
                Objects.requireNonNull(outcome.code()),
                Objects.requireNonNull(outcome.detail()),
                null);
    }

    private static int count(List<CountOutcome> outcomes, CountOutcome.Kind kind) {
        return (int) outcomes.stream().filter(outcome -> outcome.kind() == kind).count();
    }
}
