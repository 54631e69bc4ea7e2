package org.pmsevents.http.signature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.standardwebhooks.exceptions.WebhookSigningException;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Pure;
import org.pmsevents.http.signature.WebhookSignature.Fault;

/** Ours and the published library understand each other, and whatever is not quite what it signs is refused. */
@Pure
class WebhookSignatureTest {
    private static final Instant NOW = Instant.ofEpochSecond(1_790_000_000);
    private static final long TIME = NOW.getEpochSecond();
    private static final String ID = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W";
    private static final String BODY = "{\"lines\":[{\"sku\":\"é✓\",\"onHand\":3}]}";
    private static final String OLD = secret(32);
    private static final String NEW = secret(24);
    private static final int STRANGE_BODIES = 200;

    private static String secret(int bytes) {
        var random = new byte[bytes];
        new SecureRandom().nextBytes(random);
        return "whsec_" + Base64.getEncoder().encodeToString(random);
    }

    private static WebhookSignature ours(String secrets) {
        return new WebhookSignature(WebhookSecrets.parse(secrets), Clock.fixed(NOW, ZoneOffset.UTC));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Webhook webhook(String id, String time, String signature, String body) {
        return new Webhook(list(id), list(time), list(signature), bytes(body));
    }

    private static List<String> list(String value) {
        return value == null ? List.of() : List.of(value);
    }

    private static String library(String secret, String id, long time, String body) {
        try {
            return new com.standardwebhooks.Webhook(secret).sign(id, time, body);
        } catch (WebhookSigningException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String signed(String secret) {
        return library(secret, ID, TIME, BODY);
    }

    /** Texts of all kinds, long ones and empty ones. */
    private static Stream<String> bodies() {
        var random = new Random(7);
        return Stream.concat(
                Stream.of("", " ", BODY, "{}", "\n", "a.b.c", "x".repeat(3_000_000)),
                Stream.generate(() -> random.ints(random.nextInt(300), 1, 0x2FFF)
                                .filter(c -> !Character.isSurrogate((char) c))
                                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                                .toString())
                        .limit(STRANGE_BODIES));
    }

    @Test
    void whatTheLibrarySignsIsUnderstood() {
        bodies().forEach(body -> assertThat(
                        ours(OLD).fault(webhook(ID, Long.toString(TIME), library(OLD, ID, TIME, body), body)))
                .isEmpty());
    }

    @Test
    void theLibraryUnderstandsWhatIsSigned() throws Exception {
        var library = new com.standardwebhooks.Webhook(OLD);
        long now = Clock.systemUTC().instant().getEpochSecond();
        for (var body : bodies().toList()) {
            assertThat(ours(OLD).sign(ID, now, bytes(body))).isEqualTo(library.sign(ID, now, body));
            verify(library, ours(OLD).sign(ID, now, bytes(body)), now, body);
        }
    }

    @Test
    void theLibraryUnderstandsASignatureByEachOfSeveralSecrets() {
        long now = Clock.systemUTC().instant().getEpochSecond();
        var both = ours(OLD + "," + NEW).sign(ID, now, bytes(BODY));
        assertThatCode(() -> verify(new com.standardwebhooks.Webhook(OLD), both, now, BODY))
                .doesNotThrowAnyException();
        assertThatCode(() -> verify(new com.standardwebhooks.Webhook(NEW), both, now, BODY))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> verify(new com.standardwebhooks.Webhook(secret(24)), both, now, BODY))
                .isInstanceOf(WebhookVerificationException.class);
    }

    private static void verify(com.standardwebhooks.Webhook library, String signature, long time, String body)
            throws WebhookVerificationException {
        library.verify(
                body,
                HttpHeaders.of(
                        Map.of(
                                "webhook-id", List.of(ID),
                                "webhook-timestamp", List.of(Long.toString(time)),
                                "webhook-signature", List.of(signature)),
                        (name, value) -> true));
    }

    @Test
    void secretsCanBeChangedOneSideAfterTheOther() {
        var receiver = ours(" " + OLD + " , " + NEW.substring("whsec_".length()));
        for (var signature : List.of(
                signed(OLD),
                signed(NEW),
                signed(secret(40)) + " " + signed(NEW),
                signed(OLD) + " " + signed(secret(40)),
                "v1a,AAAA v2," + signed(OLD).substring(3) + " " + signed(OLD))) {
            assertThat(receiver.fault(webhook(ID, Long.toString(TIME), signature, BODY)))
                    .as(signature)
                    .isEmpty();
        }
        assertThat(receiver.fault(new Webhook(
                        List.of(ID),
                        List.of(Long.toString(TIME)),
                        List.of(signed(secret(40)), signed(OLD)),
                        bytes(BODY))))
                .as("in a second header of the name")
                .isEmpty();
    }

    private static Arguments refused(Fault fault, String id, String time, String signature, String body) {
        return Arguments.of(fault, webhook(id, time, signature, body));
    }

    private static Stream<Arguments> malformed() {
        var time = Long.toString(TIME);
        var good = signed(OLD);
        var code = good.substring("v1,".length());
        var cases = new ArrayList<Arguments>(List.of(
                refused(Fault.NO_ID, null, time, good, BODY),
                refused(Fault.NO_TIME, ID, null, good, BODY),
                refused(Fault.NO_SIGNATURE, ID, time, null, BODY),
                refused(Fault.WRONG_SIGNATURE, "msg_other", time, good, BODY),
                refused(Fault.WRONG_SIGNATURE, ID, Long.toString(TIME + 1), good, BODY),
                refused(Fault.WRONG_SIGNATURE, ID, time, good, BODY + " "),
                refused(Fault.WRONG_SIGNATURE, ID, time, good, BODY.replace("3", "4")),
                refused(Fault.WRONG_SIGNATURE, ID, time, good, ""),
                refused(Fault.WRONG_SIGNATURE, ID, time, signed(secret(32)), BODY),
                Arguments.of(Fault.BAD_ID, new Webhook(List.of(ID, ID), List.of(time), List.of(good), bytes(BODY))),
                Arguments.of(
                        Fault.BAD_TIME, new Webhook(List.of(ID), List.of(time, time), List.of(good), bytes(BODY)))));
        for (var id : List.of("", " ", "a b", "a.b", "é", "x".repeat(256), "a\n", "\u0000")) {
            cases.add(refused(Fault.BAD_ID, id, time, library(OLD, id, TIME, BODY), BODY));
        }
        for (var odd : List.of(
                "",
                " ",
                "now",
                "+" + time,
                "-" + time,
                "0" + time,
                " " + time,
                time + " ",
                time + ".0",
                "1.79e9",
                "0x6AB13B80",
                "١٧٩٠٠٠٠٠٠٠",
                "99999999999999999999",
                "2026-09-21T13:33:20Z")) {
            cases.add(refused(Fault.BAD_TIME, ID, odd, good, BODY));
        }
        for (var odd : List.of(
                "",
                " ",
                "v1,",
                "v1",
                code,
                "v1 " + code,
                "v1," + code + "=",
                "v1," + code.substring(1),
                "v1," + code.toLowerCase(Locale.ROOT),
                "V1," + code,
                "v1a," + code,
                "v2," + code,
                "v0," + code,
                "v1=" + code,
                good + "," + good,
                good + ";",
                good + "\t" + good,
                "v1," + code.replace("=", ""),
                "v1," + code + code,
                "v1,"
                        + Base64.getUrlEncoder()
                                .encodeToString(Base64.getDecoder().decode(code)) + "!",
                "v1," + hex(Base64.getDecoder().decode(code)))) {
            cases.add(refused(Fault.WRONG_SIGNATURE, ID, time, odd, BODY));
        }
        return cases.stream();
    }

    private static String hex(byte[] bytes) {
        var hex = new StringBuilder();
        for (byte b : bytes) {
            hex.append(String.format("%02x", b));
        }
        return hex.toString();
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void whatIsNotQuiteRightIsRefused(Fault fault, Webhook webhook) {
        assertThat(ours(OLD + "," + NEW).fault(webhook)).contains(fault);
    }

    @Test
    void anyBitThatIsChangedIsNoticed() {
        var signature = bytes(signed(OLD));
        for (int bit = 0; bit < signature.length * 7; bit++) {
            var changed = signature.clone();
            changed[bit / 7] ^= (byte) (1 << bit % 7);
            assertThat(ours(OLD)
                            .fault(webhook(ID, Long.toString(TIME), new String(changed, StandardCharsets.UTF_8), BODY)))
                    .as("bit %d", bit)
                    .isPresent();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {-300, -299, -1, 0, 1, 299, 300})
    void aFewMinutesEitherWayAreAllowed(long seconds) {
        long time = TIME + seconds;
        assertThat(ours(OLD).fault(webhook(ID, Long.toString(time), library(OLD, ID, time, BODY), BODY)))
                .isEmpty();
    }

    @Test
    void moreThanThatIsRefused() {
        for (long time : List.of(TIME - 301, TIME - 1_000_000, 1L, 999_999_999_999L, TIME + 301, TIME * 100)) {
            assertThat(ours(OLD).fault(webhook(ID, Long.toString(time), library(OLD, ID, time, BODY), BODY)))
                    .contains(time < TIME ? Fault.TOO_OLD : Fault.TOO_NEW);
        }
    }

    @Test
    void partsCanNotBePassedOffAsOthers() {
        // the same signed content, cut elsewhere: a.1790000000.1790000000.{}
        var signature = library(OLD, "a", TIME, TIME + ".{}");
        assertThat(ours(OLD).fault(webhook("a." + TIME, Long.toString(TIME), signature, "{}")))
                .contains(Fault.BAD_ID);
    }

    @Test
    void withoutASecretEverythingIsRefused() {
        assertThat(ours("").fault(webhook(ID, Long.toString(TIME), signed(OLD), BODY)))
                .contains(Fault.NO_SECRETS);
        assertThat(ours("").fault(webhook(ID, Long.toString(TIME), "", BODY))).contains(Fault.NO_SECRETS);
    }

    private static Stream<String> badSecrets() {
        return Stream.of(
                secret(23),
                secret(65),
                "whsec_",
                "whsec_" + "?".repeat(40),
                OLD.replace("whsec_", "WHSEC_"),
                OLD.replace("whsec_", "whsk_"),
                "whsec_" + OLD,
                "plain words are no secret, whatever their length",
                OLD + ",",
                "," + OLD,
                OLD + ",," + NEW,
                OLD + " " + NEW);
    }

    @ParameterizedTest
    @MethodSource("badSecrets")
    void aBadSecretIsRefusedWithoutBeingTold(String setting) {
        assertThatThrownBy(() -> WebhookSecrets.parse(setting))
                .isInstanceOf(IllegalArgumentException.class)
                .hasNoCause()
                .satisfies(refusal -> assertThat(tellTales(setting))
                        .noneMatch(part -> String.valueOf(refusal.getMessage()).contains(part)));
    }

    /** Whatever of a setting is long enough to be of use. */
    private static List<String> tellTales(String setting) {
        return Arrays.stream(setting.split("[,_ ]"))
                .filter(part -> part.length() > 8)
                .toList();
    }

    @Test
    void secretsOfAnyAllowedLengthAreTaken() {
        assertThat(WebhookSecrets.parse("")).isEmpty();
        assertThat(WebhookSecrets.parse("  ")).isEmpty();
        assertThat(WebhookSecrets.parse(String.join(",", Collections.nCopies(5, OLD))))
                .hasSize(5);
        for (int bytes = 24; bytes <= 64; bytes++) {
            assertThat(WebhookSecrets.parse(secret(bytes)).get(0).getEncoded()).hasSize(bytes);
        }
    }
}
