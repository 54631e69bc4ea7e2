package org.pmsevents.inventory.adjust;

import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pmsevents.inventory.LineOutcome;

/**
 * What became of a request.
 *
 * @param outcomes one for each line, in their order
 * @param replayOf the trace id of the earlier request whose answer this is; null if it is this one's own
 */
public record StockResult(
        List<LineOutcome> outcomes, @Nullable String replayOf) {

    /** Of an atomic request nothing is done if anything is refused. */
    static StockResult of(StockRequest request, List<LineOutcome> outcomes, @Nullable String replayOf) {
        boolean refused = request.atomic() && outcomes.stream().anyMatch(outcome -> !outcome.accepted());
        return new StockResult(
                refused ? outcomes.stream().map(LineOutcome::notApplied).toList() : outcomes, replayOf);
    }

    boolean refusedAny() {
        return outcomes.stream().anyMatch(outcome -> !outcome.accepted());
    }

    /** The last event that this request has caused; null if it has caused none. */
    @Nullable
    public UUID lastEventId() {
        return replayOf != null
                ? null
                : events().reduce((first, second) -> second).orElse(null);
    }

    private Stream<UUID> events() {
        return outcomes.stream().map(LineOutcome::lastEventId).filter(Objects::nonNull);
    }
}
