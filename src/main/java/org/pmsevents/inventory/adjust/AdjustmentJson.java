package org.pmsevents.inventory.adjust;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.inventory.LineOutcome;
import org.pmsevents.inventory.StockKey;
import org.pmsevents.inventory.StockProblems;
import org.pmsevents.platform.problem.AppException;

/** The answers to adjustments and counts. */
public final class AdjustmentJson {
    private static final int NOT_APPLIED = 424;

    private AdjustmentJson() {}

    /**
     * The answer to an adjustment or a count. The ids are null if nothing moved.
     *
     * @param countedAlready whether it happened before the last count of the stock, so that {@code onHand} stays what was counted
     */
    @RegisterForReflection
    public record Adjusted(
            String sku,
            String location,
            long delta,
            long onHand,
            long version,
            @Nullable UUID movementId,
            @Nullable UUID eventId,
            boolean countedAlready) {}

    /**
     * The answer to one of several lines.
     *
     * @param index place of the line in the request, from 0
     * @param status HTTP status that the line would have had as a request of its own
     */
    @RegisterForReflection
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record LineResult(
            int index,
            int status,
            @Nullable String code,
            @Nullable String detail,
            String sku,
            String location,
            @Nullable Long delta,
            @Nullable Long onHand,
            @Nullable Long version,
            @Nullable UUID movementId,
            @Nullable UUID eventId,
            @Nullable Boolean countedAlready) {}

    /** The answer to several lines. */
    @RegisterForReflection
    public record LineResults(List<LineResult> results) {}

    /**
     * The answer to a request of one line.
     *
     * @throws AppException if the line was refused
     */
    public static Adjusted adjusted(StockRequest request, StockResult result) {
        var outcome = result.outcomes().get(0);
        var stock = request.lines().get(0).stock();
        if (!outcome.accepted()) {
            throw traced(refusal(stock, outcome, onHand(outcome)), result);
        }
        return new Adjusted(
                stock.sku(),
                stock.location(),
                outcome.delta(),
                outcome.onHand(),
                outcome.version(),
                outcome.movementId(),
                outcome.eventId(),
                outcome.countedAlready());
    }

    /**
     * The answer to a request of several lines.
     *
     * @throws AppException 409 {@code lines-refused} if it was atomic and a line was refused
     */
    public static LineResults results(StockRequest request, StockResult result) {
        var results = new ArrayList<LineResult>(result.outcomes().size());
        for (int i = 0; i < result.outcomes().size(); i++) {
            results.add(
                    line(i, request.lines().get(i).stock(), result.outcomes().get(i), request.atomic()));
        }
        if (request.atomic() && result.refusedAny()) {
            throw traced(
                    AppException.conflict("lines-refused", "A line was refused, so nothing was changed.")
                            .with("results", results),
                    result);
        }
        return new LineResults(results);
    }

    private static String onHand(LineOutcome outcome) {
        return "There are " + outcome.onHand() + " on hand";
    }

    /** Of an atomic request nothing was applied, so what the line found is not what is there. */
    private static String onHandHere(LineOutcome outcome) {
        return outcome.onHand() == outcome.onHandBefore()
                ? onHand(outcome)
                : "There are " + outcome.onHandBefore() + " on hand, " + outcome.onHand()
                        + " after the lines before this one";
    }

    private static LineResult line(int index, StockKey stock, LineOutcome outcome, boolean atomic) {
        if (outcome.accepted()) {
            return new LineResult(
                    index,
                    200,
                    null,
                    null,
                    stock.sku(),
                    stock.location(),
                    outcome.delta(),
                    outcome.onHand(),
                    outcome.version(),
                    outcome.movementId(),
                    outcome.eventId(),
                    outcome.countedAlready());
        }
        var refusal = refusal(stock, outcome, atomic ? onHandHere(outcome) : onHand(outcome));
        boolean known = refusal.status() != 404;
        return new LineResult(
                index,
                refusal.status(),
                refusal.code(),
                refusal.detail(),
                stock.sku(),
                stock.location(),
                null,
                known ? outcome.onHand() : null,
                null,
                null,
                null,
                null);
    }

    private static AppException refusal(StockKey stock, LineOutcome outcome, String onHand) {
        var code = String.valueOf(outcome.code());
        return switch (code) {
            case LineOutcome.PRODUCT_NOT_FOUND -> StockProblems.productNotFound(stock.sku());
            case LineOutcome.INSUFFICIENT_STOCK ->
                conflict(code, outcome, onHand + ", and the location takes no back-orders.");
            case LineOutcome.STOCK_CHANGED -> conflict(code, outcome, onHand + ", not the expectedOnHand.");
            case LineOutcome.NOT_APPLIED ->
                AppException.of(NOT_APPLIED, code, "This line was not applied because another line was refused.");
            default -> conflict(code, outcome, "Stock must stay between -2147483647 and 2147483647.");
        };
    }

    private static AppException conflict(String code, LineOutcome outcome, String detail) {
        return AppException.conflict(code, detail).with("onHand", outcome.onHand());
    }

    private static AppException traced(AppException refusal, StockResult result) {
        var first = result.replayOf();
        return first == null ? refusal : refusal.tracedAs(first);
    }
}
