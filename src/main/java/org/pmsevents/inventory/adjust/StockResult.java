package org.pmsevents.inventory.adjust;

import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.pmsevents.inventory.LineOutcome;

/**
 * The result of a request.
 *
 * @param outcomes one for each line, in their order
 * @param replayOf trace id of the earlier request whose answer is replayed; null if this request was executed
 */
public record StockResult(
        List<LineOutcome> outcomes, @Nullable String replayOf) {

    /** An atomic request is applied only if no line is refused. */
    static StockResult of(StockRequest request, List<LineOutcome> outcomes, @Nullable String replayOf) {
        boolean refused = request.atomic() && outcomes.stream().anyMatch(outcome -> !outcome.accepted());
        return new StockResult(
                refused ? outcomes.stream().map(LineOutcome::notApplied).toList() : outcomes, replayOf);
    }

    boolean refusedAny() {
        return outcomes.stream().anyMatch(outcome -> !outcome.accepted());
    }

    /** Returns the last event that this request caused; null if it caused none. */
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
