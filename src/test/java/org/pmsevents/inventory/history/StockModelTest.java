package org.pmsevents.inventory.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.inventory.history.Answer.accepted;
import static org.pmsevents.inventory.history.Answer.missing;
import static org.pmsevents.inventory.history.Answer.notApplied;
import static org.pmsevents.inventory.history.Answer.refused;
import static org.pmsevents.inventory.history.StockModel.MOST;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;
import org.pmsevents.inventory.history.Change.Adjust;
import org.pmsevents.inventory.history.Change.Count;

/** The model is what the service is judged by, so what it says is spelled out here case by case. */
@Pure
class StockModelTest {
    private static final Place CUP = Place.main("CUP");
    private static final Place MUG = Place.main("MUG");
    private static final Place NONE = Place.main("NONE");

    @Test
    void everyMovementRaisesTheVersionByOne() {
        var stock = new StockModel(5, 3, false);
        assertThat(stock.adjust(-5, null).answer()).isEqualTo(accepted(-5, 0, 4));
        assertThat(stock.adjust(-5, null).after()).isEqualTo(new StockModel(0, 4, false));
        assertThat(stock.count(7).answer()).isEqualTo(accepted(2, 7, 4));
    }

    @Test
    void aCountOfWhatIsThereMovesNothing() {
        var stock = new StockModel(5, 3, false);
        assertThat(stock.count(5).answer()).isEqualTo(accepted(0, 5, 3));
        assertThat(stock.count(5).after()).isEqualTo(stock);
    }

    @Test
    void whatWouldEndBelowZeroIsRefusedWithoutBackorders() {
        assertThat(new StockModel(5, 3, false).adjust(-6, null).answer()).isEqualTo(refused("insufficient-stock", 5));
        assertThat(new StockModel(5, 3, false).count(-1).answer()).isEqualTo(refused("insufficient-stock", 5));
        assertThat(new StockModel(5, 3, true).adjust(-6, null).answer()).isEqualTo(accepted(-6, -1, 4));
        assertThat(new StockModel(5, 3, true).count(-1).answer()).isEqualTo(accepted(-6, -1, 4));
    }

    @Test
    void moreIsWelcomeBelowZeroAndLessIsNot() {
        var stock = new StockModel(-5, 3, false);
        assertThat(stock.adjust(2, null).answer()).isEqualTo(accepted(2, -3, 4));
        assertThat(stock.count(0).answer()).isEqualTo(accepted(5, 0, 4));
        assertThat(stock.count(-5).answer()).isEqualTo(refused("insufficient-stock", -5));
        assertThat(stock.adjust(-1, null).answer()).isEqualTo(refused("insufficient-stock", -5));
    }

    @Test
    void whatIsExpectedIsTestedFirst() {
        var stock = new StockModel(5, 3, false);
        assertThat(stock.adjust(-6, 4L).answer()).isEqualTo(refused("stock-changed", 5));
        assertThat(stock.adjust(-6, 5L).answer()).isEqualTo(refused("insufficient-stock", 5));
        assertThat(stock.adjust(1, 5L).answer()).isEqualTo(accepted(1, 6, 4));
    }

    @Test
    void thereIsALimitAtBothEnds() {
        assertThat(new StockModel(1, 3, false).adjust(MOST, null).answer()).isEqualTo(refused("stock-out-of-range", 1));
        assertThat(new StockModel(0, 3, false).adjust(MOST, null).answer()).isEqualTo(accepted(MOST, MOST, 4));
        assertThat(new StockModel(-1, 3, true).adjust(-MOST, null).answer())
                .isEqualTo(refused("stock-out-of-range", -1));
        assertThat(new StockModel(0, 3, true).adjust(-MOST, null).answer()).isEqualTo(accepted(-MOST, -MOST, 4));
        assertThat(new StockModel(-1, 3, true).count(MOST).answer()).isEqualTo(refused("stock-out-of-range", -1));
        assertThat(new StockModel(-1, 3, true).count(MOST - 1).answer()).isEqualTo(accepted(MOST, MOST - 1, 4));
    }

    @Test
    void itIsLowAtTheThresholdAndAlertsWhenItBecomesLow() {
        var stock = new StockModel(6, 3, false).withThreshold(5L);
        assertThat(stock).isEqualTo(new StockModel(6, 4, false, 5L, false));
        var low = stock.adjust(-1, null).after();
        assertThat(low).isEqualTo(new StockModel(5, 5, false, 5L, true));
        assertThat(low.alertsSince(stock)).isTrue();
        var lower = low.adjust(-1, null).after();
        assertThat(lower.low()).isTrue();
        assertThat(lower.alertsSince(low)).isFalse();
        assertThat(low.count(6).after().low()).isFalse();
        assertThat(low.withThreshold(4L)).isEqualTo(new StockModel(5, 6, false, 4L, false));
        assertThat(low.withThreshold(null).low())
                .as("never without a threshold")
                .isFalse();
    }

    @Test
    void whatIsAcceptedIsJudgedAnewEvenIfItMovesNothing() {
        var misjudged = new StockModel(5, 3, false, 5L, false);
        assertThat(misjudged.count(5).after()).isEqualTo(new StockModel(5, 3, false, 5L, true));
        assertThat(misjudged.adjust(-6, null).after()).as("refused").isEqualTo(misjudged);
    }

    @Test
    void anAtomicRequestIsAppliedWholeOrNotAtAll() {
        var stock = Map.of(CUP, new StockModel(5, 3, false), MUG, new StockModel(0, 1, false));
        var good = atomic(new Adjust(CUP, -5, null), new Adjust(MUG, 2, null), new Count(CUP, 1))
                .on(stock);
        assertThat(good.answers()).containsExactly(accepted(-5, 0, 4), accepted(2, 2, 2), accepted(1, 1, 5));
        assertThat(good.after()).isEqualTo(Map.of(CUP, new StockModel(1, 5, false), MUG, new StockModel(2, 2, false)));

        var bad = atomic(new Adjust(CUP, -5, null), new Adjust(CUP, -1, null), new Adjust(NONE, 1, null))
                .on(stock);
        assertThat(bad.answers()).containsExactly(notApplied(), refused("insufficient-stock", 0), missing());
        assertThat(bad.after()).isEqualTo(stock);
    }

    private static Operation atomic(Change... changes) {
        return new Operation("atomic", null, List.of(changes), 0, 1, List.of());
    }
}
