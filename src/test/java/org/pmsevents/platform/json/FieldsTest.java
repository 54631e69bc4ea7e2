package org.pmsevents.platform.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;
import org.pmsevents.platform.problem.ItemViolations;
import org.pmsevents.platform.problem.Violation;

@Pure
class FieldsTest {
    private static final BigDecimal MOST = new BigDecimal("9999999999");

    private static Fields fields(String text) {
        return StrictJson.read(text.getBytes(StandardCharsets.UTF_8)).fields();
    }

    private static List<String> problems(Fields fields) {
        return fields.violations().list().stream()
                .map(violation -> violation.pointer() + " " + violation.code())
                .toList();
    }

    @Test
    void readsWhatIsAsItShouldBe() {
        var fields = fields("""
                {"sku":"85123A","note":null,"count":-7,"price":{"amount":12.50},"tags":["a","b"],"open":true,
                 "at":"2026-11-23T11:00:00+01:00","lines":[{"n":1},{"n":2}]}""");
        assertThat(fields.requiredText("sku", 64)).isEqualTo("85123A");
        assertThat(fields.optionalText("note", 10)).isNull();
        assertThat(fields.requiredInteger("count", -10, 10)).isEqualTo(-7);
        assertThat(fields.requiredObject("price").requiredDecimal("amount", BigDecimal.ZERO, MOST, 4))
                .isEqualTo(new BigDecimal("12.50"));
        assertThat(fields.textArray("tags", 2, 1)).containsExactly("a", "b");
        assertThat(fields.requiredBoolean("open")).isTrue();
        assertThat(fields.optionalInstant("at")).isEqualTo(Instant.parse("2026-11-23T10:00:00Z"));
        assertThat(fields.requiredObjects("lines", 10))
                .extracting(line -> line.requiredInteger("n", 0, 9))
                .containsExactly(1L, 2L);
        assertThat(problems(fields)).isEmpty();
    }

    @Test
    void collectsEverythingThatIsWrongWithPointers() {
        var fields = fields("""
                {"sku":7,"name":"  ","count":1.5,"count2":"7","count3":1e-2,"count4":99999999999999999999,"price":{"amount":"1","x~/y":1},
                 "tags":["ok",5,"long"],"open":"yes","at":"yesterday","lines":[1,{}],"extra":1}""");
        fields.only("sku", "name", "count", "count2", "count3", "count4", "price", "tags", "open", "at", "lines");
        fields.requiredText("sku", 64);
        fields.requiredText("name", 64);
        fields.requiredText("missing", 64);
        fields.requiredInteger("count", 0, 9);
        fields.requiredInteger("count2", 0, 9);
        fields.optionalInteger("count3", 0, 999);
        fields.optionalInteger("count4", 0, 9);
        fields.requiredObject("price").only("amount").requiredDecimal("amount", BigDecimal.ZERO, MOST, 2);
        fields.textArray("tags", 9, 3);
        fields.requiredBoolean("open");
        fields.optionalInstant("at");
        fields.requiredObjects("lines", 9).forEach(line -> line.requiredText("sku", 64));
        assertThat(problems(fields))
                .containsExactly(
                        "/extra unknown-field",
                        "/sku type",
                        "/name blank",
                        "/missing required",
                        "/count type",
                        "/count2 type",
                        "/count3 type",
                        "/count4 out-of-range",
                        "/price/x~0~1y unknown-field",
                        "/price/amount type",
                        "/tags/1 type",
                        "/tags/2 too-long",
                        "/open type",
                        "/at format",
                        "/lines/0 type",
                        "/lines/1/sku required");
    }

    @Test
    void nullIsMissingWhereAValueIsRequired() {
        var fields = fields("{\"sku\":null,\"price\":null,\"lines\":[]}");
        fields.requiredText("sku", 64);
        fields.requiredObject("price").requiredText("currency", 3);
        fields.requiredObjects("lines", 5);
        assertThat(problems(fields)).containsExactly("/sku required", "/price required", "/lines too-few");
    }

    @Test
    void countsLengthsInCodePoints() {
        var fields = fields("{\"a\":\"😀😀\",\"b\":\"😀😀😀\"}");
        fields.requiredText("a", 2);
        fields.requiredText("b", 2);
        assertThat(problems(fields)).containsExactly("/b too-long");
    }

    @Test
    void decimalsAreKeptExactlyOrRefused() {
        var fields = fields("{\"a\":1.23456,\"b\":-1,\"c\":1e3,\"d\":10000000000}");
        fields.requiredDecimal("a", BigDecimal.ZERO, MOST, 4);
        fields.requiredDecimal("b", BigDecimal.ZERO, MOST, 4);
        assertThat(fields.requiredDecimal("c", BigDecimal.ZERO, MOST, 4)).isEqualTo(new BigDecimal("1000"));
        fields.requiredDecimal("d", BigDecimal.ZERO, MOST, 4);
        assertThat(problems(fields)).containsExactly("/a too-precise", "/b out-of-range", "/d out-of-range");
    }

    @Test
    void anIntegerMayBeWrittenWithAFractionOfZerosOrAnExponent() {
        var fields = fields("{\"a\":12.0,\"b\":1.2e1,\"c\":-0.0,\"d\":1200e-2,\"e\":1e30,\"f\":12.5}");
        assertThat(List.of("a", "b", "c", "d"))
                .extracting(name -> fields.requiredInteger(name, -99, 99))
                .containsExactly(12L, 12L, 0L, 12L);
        fields.requiredInteger("e", 0, 99);
        fields.requiredInteger("f", 0, 99);
        assertThat(problems(fields)).containsExactly("/e out-of-range", "/f type");
    }

    @Test
    void violationsWithinAnItemAreItsOwn() {
        var text = "{\"lines\":[{\"a\":1,\"a\":2},7,{\"a\":\"\\u0000\"},{\"a\":1}],\"b\":1,\"b\":1}";
        var violations = new ItemViolations("lines", 4);
        var body = StrictJson.read(text.getBytes(StandardCharsets.UTF_8), violations);
        body.fields().requiredObjects("lines", 4);
        assertThat(List.of(0, 1, 2, 3))
                .extracting(item -> violations.of(item).map(Violation::code).orElse("none"))
                .containsExactly("duplicate-key", "type", "invalid-text", "none");
        assertThat(problems(body.fields())).containsExactly("/b duplicate-key");
    }

    @Test
    void aBodyThatIsNoObjectIsTheOnlyViolation() {
        var body = StrictJson.read("[1]".getBytes(StandardCharsets.UTF_8));
        body.fields().requiredText("sku", 64);
        assertThat(body.violations().list()).hasSize(1).first().satisfies(only -> {
            assertThat(only.pointer()).isEmpty();
            assertThat(only.code()).isEqualTo("type");
        });
    }

    @Test
    void textsThatMustDifferAreReportedWhereTheyStand() {
        var fields = fields("{\"tags\":[\"a\",7,\"a\",\" \",\"toolong\",\"A\",\"toolong\"]}");
        assertThat(fields.distinctTexts("tags", 9, 3)).containsExactly("a", "A");
        assertThat(problems(fields))
                .containsExactly(
                        "/tags/1 type", "/tags/2 duplicate", "/tags/3 blank", "/tags/4 too-long", "/tags/6 too-long");
        assertThat(fields.distinctTexts("absent", 9, 3)).isEmpty();
    }
}
