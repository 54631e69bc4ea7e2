package org.pmsevents.platform.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vertx.core.Vertx;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Pure;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.platform.problem.Violation;

@Pure
class StrictJsonTest {

    private static ParsedBody read(String text) {
        return StrictJson.read(text.getBytes(StandardCharsets.UTF_8));
    }

    private static AppException refusal(byte[] body) {
        return catchThrowableOfType(AppException.class, () -> StrictJson.read(body));
    }

    private static AppException refusal(String text) {
        return refusal(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void keepsEveryDigitAndTheScale() {
        var tree = read("{\"a\":12345678901234567.890,\"b\":123456789012345678901234567890,\"c\":1.0}")
                .tree();
        assertThat(tree.get("a").decimalValue().toString()).isEqualTo("12345678901234567.890");
        assertThat(tree.get("b").bigIntegerValue().toString()).isEqualTo("123456789012345678901234567890");
        assertThat(tree.toString()).contains("1.0");
        assertThat(tree.get("c").isIntegralNumber()).isFalse();
    }

    @Test
    void asksForABodyWhereThereIsNone() {
        assertThat(refusal((byte[]) null).code()).isEqualTo("body-required");
        assertThat(refusal("").code()).isEqualTo("body-required");
        assertThat(refusal(" \n ").code()).isEqualTo("body-required");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "}",
                "{\"a\":}",
                "{\"a\":1,}",
                "[1,]",
                "{\"a\":1} x",
                "{\"a\":1}{}",
                "1 2",
                "{'a':1}",
                "{a:1}",
                "{\"a\":NaN}",
                "[Infinity]",
                "[-Infinity]",
                "[+1]",
                "[01]",
                "[-01]",
                "[.5]",
                "[5.]",
                "[1e]",
                "[0x10]",
                "/* c */ {}",
                "{} // c",
                "# c\n{}",
                "[\"a\nb\"]",
                "[\"\t\"]",
                "[\"\\x\"]",
                "[\"\\u12\"]",
                "[tru]",
                "[nul]",
                "[True]",
                "\"open",
                "[\"open",
                "{\"a\" 1}",
                "[1 2]",
                "\u0000{}",
                "\uFEFF{}",
                "nonsense"
            })
    void refusesWhatIsNotJson(String text) {
        var refusal = refusal(text);
        assertThat(refusal).as(text).isNotNull();
        assertThat(refusal.status()).isEqualTo(400);
        assertThat(refusal.code()).isEqualTo("malformed-json");
        assertThat(refusal.detail())
                .doesNotContainIgnoringCase("jackson")
                .doesNotContain("byte[]", "Feature", "`", "(from");
    }

    @Test
    void saysWhereTheTextIsWrong() {
        assertThat(refusal("{\n  \"a\": ?\n}").detail()).contains("line 2").contains("column 8");
    }

    @Test
    void refusesWhatIsNotUtf8() {
        assertThat(refusal(new byte[] {'"', (byte) 0xFF, '"'}).code()).isEqualTo("malformed-json");
        assertThat(refusal(new byte[] {'"', (byte) 0xED, (byte) 0xA0, (byte) 0x80, '"'})
                        .code())
                .isEqualTo("malformed-json");
        for (var other : new String[] {"UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32", "UTF-32LE"}) {
            assertThat(refusal("{\"a\":1}".getBytes(Charset.forName(other))).code())
                    .as(other)
                    .isEqualTo("malformed-json");
        }
    }

    @Test
    void refusesMoreThan64Levels() {
        read("[".repeat(64) + "]".repeat(64)).violations().throwIfAny();
        assertThat(refusal("[".repeat(65) + "]".repeat(65)).detail()).contains("64");
        assertThat(refusal("{\"a\":".repeat(100_000)).code()).isEqualTo("malformed-json");
        assertThat(refusal("[".repeat(4_000_000)).code()).isEqualTo("malformed-json");
    }

    @Test
    void reportsEveryDuplicateKeyWithItsPointer() {
        var body = read("{\"a\":1,\"a\":2,\"b\":{\"c/d~e\":1,\"c/d~e\":2},\"f\":[{},{\"g\":1,\"g\":1,\"g\":1}]}");
        assertThat(body.violations().list())
                .extracting(Violation::pointer)
                .containsExactly("/a", "/b/c~1d~0e", "/f/1/g", "/f/1/g");
        assertThat(body.violations().list()).extracting(Violation::code).containsOnly("duplicate-key");
        // an escaped spelling of a name is the same name
        assertThat(read("{\"a\":1,\"\\u0061\":2}").violations().list())
                .extracting(Violation::pointer)
                .containsExactly("/a");
    }

    private static List<String> violations(String text) {
        return read(text).violations().list().stream()
                .map(violation -> violation.pointer() + " " + violation.code())
                .toList();
    }

    @Test
    void bringsTextsAndNamesToOneNormalForm() {
        var tree = read("{\"A\u0308\":[\"e\u0301\",\"\\u0065\\u0301\"]}").tree();
        assertThat(tree.toString()).isEqualTo("{\"\u00C4\":[\"\u00E9\",\"\u00E9\"]}");
        assertThat(violations("{\"\u00C4\":1,\"A\u0308\":2}")).containsExactly("/A\u0308 duplicate-key");
    }

    @Test
    void refusesMoreMarksThanAnyLanguageNeedsWithoutSortingThem() {
        assertThat(violations("{\"a\":\"x" + "\u0301\u0323".repeat(1_000_000) + "\"}"))
                .containsExactly("/a invalid-text");
        assertThat(violations("{\"a\":\"x" + "\u0301\u0323".repeat(32) + "\"}")).isEmpty();
    }

    @Test
    void reportsTextThatPostgresCanNotStore() {
        var body = read(
                "{\"a\":\"x\\u0000y\",\"b\":[\"\\ud800\",\"\\udc00\",\"\\ud83d\\ude00\"],\"c\\u0000\":1,\"\\ud800\":2}");
        assertThat(body.violations().list())
                .extracting(Violation::code)
                .hasSize(5)
                .containsOnly("invalid-text");
        assertThat(body.violations().list()).extracting(Violation::pointer).contains("/a", "/b/0", "/b/1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1e999999999",
                "1e-999999999",
                "0e999999999",
                "1e9999999999999999999",
                "-1E+2147483648",
                "1e1001",
                "1e-1001"
            })
    void reportsExponentsThatWouldBeDangerousToCalculateWith(String number) {
        var body = read("{\"a\":[" + number + "]}");
        assertThat(body.violations().list())
                .containsExactly(new Violation(
                        "/a/0",
                        "number-out-of-range",
                        body.violations().list().get(0).detail()));
        assertThat(body.tree().at("/a/0").decimalValue().toPlainString()).isEqualTo("0");
    }

    @Test
    void reportsNumbersThatAreTooLongWithoutCalculatingThem() {
        Assertions.assertTimeout(Duration.ofSeconds(2), () -> {
            for (var number : new String[] {"9".repeat(3_000_000), "0." + "3".repeat(3_000_000)}) {
                assertThat(read("[" + number + "]").violations().list())
                        .extracting(Violation::code)
                        .containsExactly("number-out-of-range");
            }
        });
        read("[" + "9".repeat(1_000) + "]").violations().throwIfAny();
    }

    @Test
    void boundsWhatItReports() {
        var body = read("{" + "\"a\":1,".repeat(150_000) + "\"b\":1}");
        assertThat(body.violations().list()).hasSize(1_000);
        assertThat(body.violations().omitted()).isEqualTo(148_999);
        assertThatThrownBy(body.violations()::throwIfAny)
                .isInstanceOfSatisfying(
                        AppException.class,
                        refusal -> assertThat(refusal.members()).containsEntry("violationsOmitted", 148_999));
    }

    @Test
    void readsLargeBodiesQuickly() {
        var line = "{\"sku\":\"85123A\",\"onHand\":12,\"countedAt\":\"2026-11-23T10:00:00Z\"},";
        var text = "{\"lines\":[" + line.repeat(10_000) + "{}]}";
        Assertions.assertTimeout(
                Duration.ofSeconds(2),
                () -> assertThat(read(text).tree().get("lines").size()).isEqualTo(10_001));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "[]", "1", "\"\"", "null", "{\"a\":{}}", "[[[[]]]]"})
    void aBodyOfMoreValuesThanAnyCallTakesIsRefused(String value) {
        int count = 4 * 1024 * 1024 / (value.length() + 1) - 20;
        var values = "[" + value + ("," + value).repeat(count - 1) + "]";

        assertThat(refusal(values).getMessage()).contains("More than 200000 values");
        assertThat(refusal("{\"lines\":" + values + "}").getMessage()).contains("More than 200000 values");
    }

    @Test
    void aBodyOfAsManyLinesAsAWebhookMayHaveIsRead() {
        var line = "{\"sku\":\"A\",\"location\":\"main\",\"onHand\":1,\"countedAt\":\"2026-01-01T00:00:00Z\"}";

        assertThat(read("{\"lines\":[" + line + ("," + line).repeat(9_999) + "]}")
                        .tree()
                        .get("lines"))
                .hasSize(10_000);
    }

    @Test
    void aLongBodyIsParsedOffTheEventLoopAndItsResultComesBackToIt() throws Exception {
        var vertx = Vertx.vertx();
        try {
            var context = vertx.getOrCreateContext();
            var threads = new CompletableFuture<List<Thread>>();
            var text = new byte[100_000];
            Arrays.fill(text, (byte) ' ');
            text[0] = '1';
            context.runOnContext(go -> StrictJson.read(text, parsed -> Thread.currentThread())
                    .subscribe()
                    .with(
                            parser -> threads.complete(List.of(parser, Thread.currentThread())),
                            threads::completeExceptionally));
            var parsedAndCompleted = threads.get(30, TimeUnit.SECONDS);

            assertThat(parsedAndCompleted.get(0).getName()).contains("worker");
            assertThat(parsedAndCompleted.get(1).getName()).contains("eventloop");
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
        }
    }
}
