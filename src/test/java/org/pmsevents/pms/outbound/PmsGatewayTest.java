package org.pmsevents.pms.outbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pmsevents.Waiting.await;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.smallrye.faulttolerance.api.CircuitBreakerMaintenance;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import org.eclipse.microprofile.faulttolerance.exceptions.CircuitBreakerOpenException;
import org.eclipse.microprofile.faulttolerance.exceptions.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Client;
import org.pmsevents.event.RequestContext;

/** The gateway against a real HTTP server. */
@QuarkusTest
@TestProfile(WithPms.class)
class PmsGatewayTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static FakePms pms;

    private final String sku = Client.newSku("G");
    private final UUID event = UUID.randomUUID();

    @Inject
    PmsGateway gateway;

    @Inject
    CircuitBreakerMaintenance breakers;

    @BeforeAll
    static void openPms() {
        pms = WithPms.open();
    }

    @AfterAll
    static void closePms() {
        pms.close();
    }

    @BeforeEach
    void closeBreaker() {
        breakers.resetAll();
    }

    private PmsAnswer put() {
        return put(sku, "{\"sku\":\"x\",\"version\":1}");
    }

    private PmsAnswer put(String sku, String json) {
        return gateway.put(new PmsCall(sku, json, event, new RequestContext("test", TRACE)))
                .await()
                .atMost(SOON);
    }

    @Test
    void aProductArrivesAsItIsWrittenWithWhatThePmsNeedsToKnow() {
        var odd = "ÄÖ *+~{a}&=$" + sku;
        var json = "{\"price\":{\"amount\":12345678901234567.8900},\"n\":0.00000010,\"version\":7}";
        assertThat(put(odd, json)).isEqualTo(PmsAnswer.ACCEPTED);
        var received = pms.received(odd);
        assertThat(received).hasSize(1);
        var request = received.get(0);
        assertThat(request.body()).isEqualTo(json);
        assertThat(request.path()).isEqualTo("/pms/products/%C3%84%C3%96%20%2A%2B~%7Ba%7D%26%3D%24" + sku);
        assertThat(request.header("Authorization")).isEqualTo("Bearer " + WithPms.TOKEN);
        assertThat(request.header("Idempotency-key")).isEqualTo(event.toString());
        assertThat(request.header("Traceparent")).matches("00-" + TRACE + "-[0-9a-f]{16}-01");
        assertThat(request.header("Content-type")).startsWith("application/json");
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 201, 202, 204})
    void anyKindOfYesIsAYes(int status) {
        pms.answer(sku, FakePms.status(status));
        assertThat(put()).isEqualTo(PmsAnswer.ACCEPTED);
    }

    @Test
    void aPmsThatHasANewerVersionIsDone() {
        pms.answer(sku, FakePms.status(409));
        assertThat(put()).isEqualTo(PmsAnswer.NEWER);
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 400, 401, 403, 404, 410, 413, 422})
    void aRefusalIsFinalAndNotTriedAgain(int status) {
        pms.answer(sku, FakePms.status(status, "Location", "http://127.0.0.1:1/"));
        assertThatThrownBy(this::put)
                .isInstanceOf(PmsFailure.Refused.class)
                .hasMessage("refused with status " + status);
        assertThat(pms.received(sku)).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 500, 502, 503, 504})
    void whatIsTemporaryIsQuicklyTriedAgainUnderTheSameKey(int status) {
        pms.answer(sku, FakePms.status(status), FakePms.status(status));
        assertThat(put()).isEqualTo(PmsAnswer.ACCEPTED);
        assertThat(pms.received(sku))
                .hasSize(3)
                .allSatisfy(each -> assertThat(each.header("Idempotency-key")).isEqualTo(event.toString()));
    }

    @Test
    void whatStaysIsToldOfAfterThreeTries() {
        pms.answer(sku, FakePms.status(500), FakePms.status(502), FakePms.status(503));
        assertThatThrownBy(this::put)
                .isInstanceOf(PmsFailure.Unavailable.class)
                .hasMessage("unavailable with status 503");
        assertThat(pms.received(sku)).hasSize(3);
    }

    @Test
    void aConnectionThatIsCutIsTriedAgain() {
        pms.answer(sku, FakePms.cut(), FakePms.cut());
        assertThat(put()).isEqualTo(PmsAnswer.ACCEPTED);
    }

    @Test
    void aPmsThatAsksForAPauseIsNotTriedAgainAtOnce() {
        pms.answer(sku, FakePms.status(429, "Retry-After", "7"));
        assertThatThrownBy(this::put)
                .isInstanceOfSatisfying(
                        PmsFailure.Busy.class,
                        busy -> assertThat(busy.retryAfter()).isEqualTo(Duration.ofSeconds(7)));
        assertThat(pms.received(sku)).hasSize(1);
    }

    @Test
    void aPauseMayBeGivenAsADateAndIsBounded() {
        var inAWeek = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                Clock.systemUTC().instant().plus(Duration.ofDays(7)).atZone(ZoneOffset.UTC));
        pms.answer(sku, FakePms.status(503, "Retry-After", inAWeek));
        assertThatThrownBy(this::put)
                .isInstanceOfSatisfying(
                        PmsFailure.Busy.class,
                        busy -> assertThat(busy.retryAfter()).isEqualTo(Duration.ofHours(1)));
    }

    @Test
    void tooManyRequestsWithoutAPauseAreNotTriedAgainAtOnceEither() {
        pms.answer(sku, FakePms.status(429));
        assertThatThrownBy(this::put).isInstanceOf(PmsFailure.Busy.class);
        assertThat(pms.received(sku)).hasSize(1);
    }

    @Test
    void aPmsThatHangsIsNotWaitedFor() {
        var end = new CountDownLatch(1);
        try {
            pms.answer(sku, FakePms.after(end, FakePms.status(200)));
            assertThatThrownBy(this::put).isInstanceOf(TimeoutException.class);
            assertThat(pms.received(sku)).hasSize(1);
        } finally {
            end.countDown();
        }
    }

    @Test
    void aPmsThatKeepsFailingIsLeftAloneUntilItWorks() {
        pms.answerAll(FakePms.status(500));
        try {
            await("the breaker opens").atMost(SOON).until(() -> {
                try {
                    put();
                    return false;
                } catch (CircuitBreakerOpenException e) {
                    return true;
                } catch (PmsFailure e) {
                    return false;
                }
            });
            int calls = pms.calls();
            assertThatThrownBy(this::put).isInstanceOf(CircuitBreakerOpenException.class);
            assertThat(pms.calls()).isEqualTo(calls);
        } finally {
            pms.answerAll(FakePms.status(200));
        }
        await("the breaker closes").atMost(SOON).ignoreExceptions().until(() -> put() == PmsAnswer.ACCEPTED);
        assertThat(put()).isEqualTo(PmsAnswer.ACCEPTED);
    }

    @Test
    void nothingOfTheTokenIsInAFailure() {
        pms.close();
        try {
            assertThatThrownBy(this::put)
                    .isInstanceOf(PmsFailure.Unavailable.class)
                    .satisfies(failure -> {
                        for (var cause = failure; cause != null; cause = cause.getCause()) {
                            assertThat(cause.toString()).doesNotContain(WithPms.TOKEN);
                        }
                    });
        } finally {
            pms.open();
        }
    }
}
