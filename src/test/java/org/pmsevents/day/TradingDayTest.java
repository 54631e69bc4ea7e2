package org.pmsevents.day;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.math.BigDecimal;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

/** The numbers of the real day were counted with Python's csv module, not with the code that is tested here. */
@Pure
class TradingDayTest {
    private static TradingDay realDay() throws IOException {
        return DaySettings.standard().day();
    }

    private static TradingDay day(String... lines) throws IOException {
        return TradingDay.read(
                new StringReader("InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
                        + String.join("\n", lines)));
    }

    private static String line(String code, String description, String quantity, String price) {
        return String.join(",", "536365", code, description, quantity, "2010-12-01 08:26:00", price, "17850.0", "EIRE");
    }

    @Test
    void theRealDayIsReadAsAnotherProgramCountsIt() throws IOException {
        var day = realDay();

        assertThat(day.read()).isEqualTo(3_108);
        assertThat(day.lines()).hasSize(3_089);
        assertThat(day.goods()).hasSize(1_338);
        assertThat(day.refused(Refusal.NO_CODE)).isEmpty();
        assertThat(day.refused(Refusal.NO_GOODS)).hasSize(9);
        assertThat(day.refused(Refusal.NO_QUANTITY)).isEmpty();
        assertThat(day.refused(Refusal.NO_PRICE))
                .containsExactly(624, 1972, 1973, 1974, 1989, 1990, 2026, 2027, 2028, 2408);
        assertThat(day.lines().get(0))
                .isEqualTo(new InvoiceLine(
                        2, "536365", "85123A", "WHITE HANGING HEART T-LIGHT HOLDER", 6, new BigDecimal("2.55")));
        assertThat(day.lines().stream().mapToInt(InvoiceLine::number).max()).hasValue(3_109);
    }

    @Test
    void theRealDayRunsOutOfStockAndAlertsAsAnotherProgramReckonsIt() throws IOException {
        var model = new DayModel(realDay());

        assertThat(model.accepted()).isEqualTo(2_801);
        assertThat(model.refused()).isEqualTo(288);
        assertThat(model.movements()).isEqualTo(1_338 + 2_801);
        assertThat(model.alerts()).isEqualTo(118);
        assertThat(model.events()).isEqualTo(1_338 + 1_338 + 2_801 + 118);
        assertThat(model.shelves().get("22960").alerts())
                .as("low, returned to, low again")
                .isEqualTo(2);
    }

    @Test
    void whatSaysNotWhichGoodsMovedOrHowManyIsNotSent() throws IOException {
        var day = day(
                line(" ", "LAMP", "1", "2.5"),
                line("POST", "POSTAGE", "1", "18.0"),
                line("BANK CHARGES", "Bank Charges", "1", "15.0"),
                line("22139", "LAMP", "0", "2.5"),
                line("22139", "LAMP", "1.5", "2.5"),
                line("22139", "damages", "-43", "0.0"),
                line("22139", "LAMP", "1", "2.5"));

        assertThat(day.refused(Refusal.NO_CODE)).containsExactly(2);
        assertThat(day.refused(Refusal.NO_GOODS)).containsExactly(3, 4);
        assertThat(day.refused(Refusal.NO_QUANTITY)).containsExactly(5, 6);
        assertThat(day.refused(Refusal.NO_PRICE)).containsExactly(7);
        assertThat(day.lines()).extracting(InvoiceLine::reference).containsExactly("536365/8");
    }

    @Test
    void codesThatDifferInCaseAreTwoProducts() throws IOException {
        var day = day(line("85123A", "HEART", "1", "2.55"), line("85123a", "heart", "1", "5.06"));

        assertThat(day.goods())
                .containsExactly(
                        new Goods("85123A", "HEART", new BigDecimal("2.55")),
                        new Goods("85123a", "heart", new BigDecimal("5.06")));
    }

    @Test
    void aProductHasTheFirstPriceAndTheFirstNameThatItIsGiven() throws IOException {
        var day = day(
                line("22139", "", "1", "2.5"),
                line("22139", "\" RETRO, TEA SET \"", "1", "3.5"),
                line("22139", "LAMP", "1", "4.5"),
                line("22140", "", "1", "1.0"));

        assertThat(day.goods())
                .containsExactly(
                        new Goods("22139", "RETRO, TEA SET", new BigDecimal("2.5")),
                        new Goods("22140", "22140", new BigDecimal("1.0")));
    }

    @Test
    void aReturnThatLiftsAShelfAboveItsThresholdMakesTheNextFallAnAlert() throws IOException {
        var model = new DayModel(day(
                line("22139", "LAMP", "36", "2.5"),
                line("22139", "LAMP", "13", "2.5"),
                line("22139", "LAMP", "-1", "2.5"),
                line("22139", "LAMP", "13", "2.5")));

        assertThat(model.outcomes().values())
                .containsExactly(
                        Outcome.accepted(12),
                        Outcome.refused("insufficient-stock", 12),
                        Outcome.accepted(13),
                        Outcome.accepted(0));
        assertThat(model.shelves().get("22139").story())
                .containsExactly(
                        "product.created",
                        "inventory.updated 48 -> 48 v2 count opening",
                        "inventory.updated -36 -> 12 v4 sale 536365/2",
                        "inventory.alert 12 <= 12",
                        "inventory.updated 1 -> 13 v5 return 536365/4",
                        "inventory.updated -13 -> 0 v6 sale 536365/5",
                        "inventory.alert 0 <= 12");
    }
}
