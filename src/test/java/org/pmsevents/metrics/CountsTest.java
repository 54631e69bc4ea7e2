package org.pmsevents.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

@Pure
class CountsTest {
    private static final Instant NOON = Instant.parse("2026-11-27T12:00:30Z");

    private static Counts some() {
        var counts = new Counts();
        counts.addRequests("GET /api/products/{sku}", 17, 3);
        counts.addRequests("GET /api/products/{sku}", 18, 1);
        counts.addErrors("GET /api/products/{sku}", 2);
        counts.addRequests("OTHER unmatched", 0, 5);
        counts.addEvents("product.created", 7);
        counts.addCacheReads(10, 9);
        return counts;
    }

    @Test
    void whatIsWrittenAsFieldsIsReadAgain() {
        var read = new Counts();
        some().fields().forEach(read::addField);
        assertThat(read.fields())
                .isEqualTo(some().fields())
                .containsOnly(
                        Map.entry("q 17 GET /api/products/{sku}", 3L),
                        Map.entry("q 18 GET /api/products/{sku}", 1L),
                        Map.entry("x GET /api/products/{sku}", 2L),
                        Map.entry("q 0 OTHER unmatched", 5L),
                        Map.entry("v product.created", 7L),
                        Map.entry("r", 10L),
                        Map.entry("h", 9L));
        assertThat(read.routes().get("GET /api/products/{sku}").latencies().total())
                .isEqualTo(4);
    }

    @Test
    void fieldsThatThisVersionDoesNotKnowAreOverlooked() {
        var read = new Counts();
        for (var field : new String[] {"z", "q", "q 1", "q x GET /", "q 999 GET /", "", "new GET /"}) {
            read.addField(field, 1);
        }
        assertThat(read.isEmpty()).isTrue();
    }

    @Test
    void ofStepsThatNobodyTakesTheNewestAreKept() {
        var minutes = new Steps(Steps.Window.HOUR);
        for (int minute = 0; minute < 200; minute++) {
            minutes.add(NOON.plusSeconds(60L * minute), some());
        }
        assertThat(minutes.copy()).hasSize(60);
        assertThat(minutes.takeOldest().orElseThrow().getKey())
                .isEqualTo(Steps.Window.HOUR.stepOf(NOON.plusSeconds(60L * 140)));
        assertThat(minutes.copy()).hasSize(59);
    }

    @Test
    void aWindowEndsWithTheStepOfNow() {
        var steps = Steps.Window.WEEK.until(NOON);
        assertThat(steps).hasSize(168).isSorted().doesNotHaveDuplicates();
        assertThat(Steps.Window.WEEK.begin(steps.get(167))).isEqualTo("2026-11-27T12:00:00Z");
        assertThat(Steps.Window.HOUR.begin(Steps.Window.HOUR.until(NOON).get(0)))
                .isEqualTo("2026-11-27T11:01:00Z");
    }
}
