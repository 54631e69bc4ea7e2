package org.pmsevents.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.standardwebhooks.Webhook;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The published library signs as we do, and settings that are no good are refused without being told. */
class AlertSignatureTest {
    private static final String URL = "https://admins.example.com/hook";
    private static final String SECRET = secret(32);

    private static String secret(int bytes) {
        return "whsec_" + Base64.getEncoder().encodeToString("s".repeat(bytes).getBytes(StandardCharsets.UTF_8));
    }

    private static List<String> problems(String url, String secret) {
        return AlertWebhook.problems(Optional.ofNullable(url), Optional.ofNullable(secret));
    }

    @Test
    void theLibrarySignsTheSame() throws Exception {
        for (var body : List.of("", "{}", "{\"title\":\"é✓\"}", "x".repeat(100_000))) {
            for (var secret : List.of(secret(24), SECRET, secret(64))) {
                assertThat(new AlertSignature(secret)
                                .sign("msg_1", 1_790_000_000L, body.getBytes(StandardCharsets.UTF_8)))
                        .isEqualTo(new Webhook(secret).sign("msg_1", 1_790_000_000L, body));
            }
        }
    }

    @Test
    void bothSettingsOrNeither() {
        assertThat(problems(null, null)).isEmpty();
        assertThat(problems(" ", "")).isEmpty();
        assertThat(problems(URL, SECRET)).isEmpty();
        assertThat(problems(URL, SECRET.substring("whsec_".length()))).isEmpty();
        assertThat(problems(URL, null)).singleElement().asString().startsWith("PMS_EVENTS_ADMIN_WEBHOOK_SECRET: ");
        assertThat(problems(null, SECRET)).singleElement().asString().startsWith("PMS_EVENTS_ADMIN_WEBHOOK_URL: ");
        assertThatThrownBy(() -> AlertWebhook.of(Optional.of(URL), Optional.empty()))
                .hasMessageContaining("PMS_EVENTS_ADMIN_WEBHOOK_SECRET");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "admins.example.com",
                "ftp://admins.example.com",
                "https:///hook",
                "https://me:hush@admins.example.com",
                "http://a b",
                "https://a#b",
                "/hook"
            })
    void aUrlThatIsNoneIsRefused(String url) {
        assertThat(problems(url, SECRET))
                .singleElement()
                .asString()
                .startsWith("PMS_EVENTS_ADMIN_WEBHOOK_URL ")
                .doesNotContain("hush");
    }

    @ParameterizedTest
    @CsvSource({"23", "65", "0"})
    void aSecretOfAnotherLengthIsRefused(int bytes) {
        assertThat(problems(URL, secret(bytes)))
                .singleElement()
                .asString()
                .startsWith("PMS_EVENTS_ADMIN_WEBHOOK_SECRET has " + bytes + " bytes");
    }

    @Test
    void aSecretThatCanNotBeReadIsRefusedWithoutBeingTold() {
        assertThat(problems(URL, "whsec_hush-hush!")).singleElement().asString().doesNotContain("hush");
    }
}
