package org.pmsevents.dashboard;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.blankOrNullString;
import static org.hamcrest.Matchers.equalTo;
import static org.pmsevents.Waiting.await;

import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.cluster.Cluster;
import org.pmsevents.cluster.Replica;
import org.pmsevents.http.issuer.TestProvider;

/** People sign in on the dashboard at an identity provider, in a real browser. */
class SignInIT {
    private static TestProvider provider;
    private static Cluster cluster;
    private static Replica replica;
    private static Chromium chromium;

    private DashboardPage page;

    @BeforeAll
    static void start() throws Exception {
        chromium = Chromium.start();
        provider = TestProvider.start();
        cluster = new Cluster(
                Map.of("PMS_EVENTS_OIDC_ISSUER", provider.issuer(), "PMS_EVENTS_OIDC_CLIENT_ID", TestProvider.CLIENT));
        replica = cluster.start(0);
        await().atMost(Duration.ofMinutes(1)).until(replica::isReady);
        provider.clientAt(replica.address());
    }

    @AfterAll
    static void stop() throws Exception {
        try (var closing = provider;
                var alsoClosing = chromium) {
            if (cluster != null) {
                cluster.close();
            }
        }
    }

    @BeforeEach
    void open() {
        provider.reset();
        chromium.complaints();
        chromium.size(1280, 900);
        page = new DashboardPage(chromium.driver(), replica.address());
        page.open("#jobs");
    }

    private void enter() {
        page.until(() -> page.find("#sign-in").isDisplayed());
        page.click("#sign-in");
        page.click("#enter");
    }

    private String address() {
        return chromium.driver().getCurrentUrl();
    }

    private String stored(String key) {
        return (String) page.script("return sessionStorage.getItem(arguments[0])", "pms-events." + key);
    }

    @Test
    void signsInByTheProviderAndOutOfIt() {
        page.until(() -> page.find("#sign-in").isDisplayed());
        assertThat(page.text("#sign-in"))
                .isEqualTo("Sign in with " + URI.create(provider.issuer()).getAuthority());
        assertThat(page.accessibilityViolations()).isEmpty();
        enter();
        page.untilLive();
        assertThat(page.text("#who")).isEqualTo("anna (operator)");
        // neither code nor token stay in the address, and the place is the same
        assertThat(address()).isEqualTo(replica.address() + "/#jobs");
        assertThat(stored("sign-in")).isNull();
        assertThat(chromium.complaints()).isEmpty();

        chromium.driver().navigate().refresh();
        page.untilLive();
        assertThat(page.text("#who")).isEqualTo("anna (operator)");

        assertThat(provider.hasSession()).isTrue();
        page.click("#sign-out");
        page.until(() -> page.find("#sign-in").isDisplayed());
        assertThat(provider.hasSession()).isFalse();
        assertThat(stored("token")).isNull();
        assertThat(stored("provided")).isNull();
        assertThat(chromium.complaints()).isEmpty();
    }

    @Test
    void renewsItsTokenBeforeItExpires() {
        provider.lifetime(9);
        enter();
        page.untilLive();
        var first = stored("token");
        await().atMost(Duration.ofMinutes(1)).until(() -> provider.renewals() >= 2);
        page.until(() -> !first.equals(stored("token")));
        page.untilLive();
        assertThat(page.all("dialog[open]")).isEmpty();
    }

    @Test
    void signsInAgainByItselfWhileTheProviderKnowsTheUser() {
        provider.givesNoRefreshTokens();
        provider.lifetime(5);
        enter();
        page.untilLive();
        var first = stored("token");
        await().atMost(Duration.ofMinutes(2)).ignoreExceptions().until(() -> {
            var now = stored("token");
            return now != null && !now.equals(first);
        });
        page.untilLive();
        assertThat(address()).isEqualTo(replica.address() + "/#jobs");
        provider.forgetSessions();
        await().atMost(Duration.ofMinutes(2))
                .ignoreExceptions()
                .until(() -> page.find("#sign-in").isDisplayed());
        page.untilText("#ask-why", "Your sign-in has expired.");
        assertThat(stored("token")).isNull();
        enter();
        page.untilLive();
    }

    @Test
    void aTokenThatWasMadeForAnotherSignInIsNotTaken() {
        provider.tokens(claims -> claims.setStringClaim("nonce", "another"));
        enter();
        page.untilText("#ask-why", "The token was not made for this sign-in.");
        assertThat(stored("token")).isNull();
    }

    @Test
    void anAnswerToAnotherSignInIsNotTaken() {
        provider.changesState();
        enter();
        page.untilText("#ask-why", "That was not the answer to a sign-in of this tab.");
        assertThat(stored("token")).isNull();
        // nor one that nobody has asked for
        chromium.driver().get(replica.address() + "/?code=stolen&state=guessed");
        page.untilText("#ask-why", "That was not the answer to a sign-in of this tab.");
        assertThat(address()).isEqualTo(replica.address() + "/");
    }

    @Test
    void theServiceSaysWhatIsWrongWithTheToken() {
        provider.tokens(claims -> claims.setAudience("shop"));
        enter();
        page.untilText("#ask-why", "The claim aud of the token does not contain the configured audience.");
        provider.tokens(claims -> claims.unsetClaim("resource_access"));
        page.click("#sign-in");
        page.untilText("#ask-why", "role");
        assertThat(stored("token")).isNull();
    }

    @Test
    void thePageMayConnectToTheProviderAndIsToldOfIt() {
        var origin = provider.issuer().replaceFirst("/realms.*", "");
        assertThat(given().get(replica.address()).header("Content-Security-Policy"))
                .contains("connect-src 'self' " + origin + ";");
        assertThat(given().header("Authorization", "Bearer " + provider.token("vera"))
                        .get(replica.address() + "/api/products")
                        .header("Content-Security-Policy"))
                .isEqualTo("default-src 'none'; frame-ancestors 'none'");
        given().get(replica.address() + "/dashboard/sign-in.json")
                .then()
                .statusCode(200)
                .header("Cache-Control", equalTo("no-store"))
                .header("Content-Type", equalTo("application/json"))
                .body("issuer", equalTo(provider.issuer()))
                .body("clientId", equalTo(TestProvider.CLIENT))
                .body("tokenEndpoint", equalTo(provider.issuer() + "/token"));
    }

    @Test
    void aProviderThatIsAwayAtTheStartHoldsNothingUp() throws Exception {
        int port = Cluster.freePort();
        var environment = new HashMap<>(cluster.environment());
        environment.put("PMS_EVENTS_OIDC_ISSUER", TestProvider.issuerAt(port));
        var early = cluster.start(0, environment);
        await().atMost(Duration.ofMinutes(1)).until(early::isReady);
        given().get(early.address() + "/dashboard/sign-in.json")
                .then()
                .statusCode(503)
                .body("code", equalTo("keys-unavailable"));
        given().header("Authorization", "Bearer " + provider.token("vera", "viewer"))
                .get(early.address() + "/api/products")
                .then()
                .statusCode(503)
                .header("Retry-After", equalTo("1"))
                .body("code", equalTo("keys-unavailable"));
        var elsewhere = new DashboardPage(chromium.driver(), early.address()).open();
        elsewhere.untilText("#ask-error", "The identity provider can not be reached at the moment.");
        chromium.complaints();
        try (var late = TestProvider.startAt(port)) {
            late.clientAt(early.address());
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> given().get(early.address() + "/dashboard/sign-in.json")
                                    .statusCode()
                            == 200);
            elsewhere.open();
            elsewhere.click("#sign-in");
            elsewhere.click("#enter");
            elsewhere.untilLive();
            assertThat(elsewhere.text("#who")).isEqualTo("anna (operator)");
            assertThat(List.copyOf(chromium.complaints())).isEmpty();
        } finally {
            early.terminate();
        }
    }

    @Test
    void aServiceWithoutAClientSignsNobodyIn() {
        var environment = new HashMap<>(cluster.environment());
        environment.remove("PMS_EVENTS_OIDC_CLIENT_ID");
        var bare = cluster.start(0, environment);
        await().atMost(Duration.ofMinutes(1)).until(bare::isReady);
        try {
            given().get(bare.address() + "/dashboard/sign-in.json")
                    .then()
                    .statusCode(204)
                    .body(blankOrNullString());
            assertThat(given().get(bare.address()).header("Content-Security-Policy"))
                    .contains("connect-src 'self';");
        } finally {
            bare.terminate();
        }
    }
}
