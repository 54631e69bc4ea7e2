package org.pmsevents.pms.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.pmsevents.Waiting.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.http.signature.Webhook;
import org.pmsevents.platform.clock.LateMachine;

/** A replica whose machine is three minutes behind PostgreSQL. */
@QuarkusTest
@TestProfile(LateMachine.Profile.class)
class LateClockTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final PmsSender pms = new PmsSender();
    private final Client keeper = Client.of("stan", "stock");
    private final String sku = Client.newSku("LATE");

    @Inject
    Pool pool;

    @Inject
    Clock clock;

    @Inject
    MeterRegistry meters;

    @BeforeEach
    void createProduct() {
        await().until(() -> offset() > LateMachine.BEHIND.toSeconds() - 1);
        Client.editor().createTold(sku);
    }

    private double offset() {
        return meters.get("pms.clock.offset").gauge().value();
    }

    @Test
    void aCountWithoutATimeIsAsOfItsArrivalByPostgresqlsClock() {
        keeper.adjust(sku, 20);
        keeper.adjust(sku, -5);
        pms.sync(PmsSender.line(sku, 15, null));
        assertThat(keeper.stock(sku).get("onHand").longValue()).isEqualTo(15);
        keeper.adjust(sku, -5);
        pms.sync(PmsSender.line(sku, 12, null));
        assertThat(keeper.stock(sku).get("onHand").longValue()).isEqualTo(12);
    }

    @Test
    void timesOfTheServiceLieBetweenThoseOfPostgresql() {
        var before = databaseTime();
        var between = clock.instant();
        var after = databaseTime();
        assertThat(between).isBetween(before.minusMillis(500), after.plusMillis(500));
    }

    private Instant databaseTime() {
        return pool.query("SELECT clock_timestamp() AS now")
                .execute()
                .map(rows -> rows.iterator().next().getOffsetDateTime("now").toInstant())
                .await()
                .atMost(PATIENCE);
    }

    @Test
    void signaturesAreJudgedByPostgresqlsClock() {
        var body = PmsSender.body(PmsSender.line(sku, 1, null));
        sign(body, PmsSender.now() + 240).then().statusCode(200);
        sign(body, PmsSender.now() - 400).then().statusCode(401).body("code", equalTo("bad-signature"));
    }

    private Response sign(String body, long time) {
        var id = PmsSender.newId();
        return pms.unsigned(body)
                .header(Webhook.ID, id)
                .header(Webhook.TIME, time)
                .header(Webhook.SIGNATURE, Signatures.of(id, time, body))
                .post(PmsSender.PATH);
    }

    @Test
    void adminsAreAlerted() {
        await().until(() -> pool.query("SELECT FROM alert WHERE key LIKE 'clock-offset:%'")
                        .execute()
                        .await()
                        .atMost(PATIENCE)
                        .size()
                > 0);
    }
}
