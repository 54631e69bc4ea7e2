package org.pmsevents.cluster;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.pmsevents.Waiting.await;

import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.http.security.Tokens;
import org.pmsevents.pms.outbound.FakePms;

/** What comes to the PMS while it is away, and while replicas crash: everything, once, in its newest version. */
@Tag("faults-suffice")
class PmsOutageIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Duration ANSWERED = Duration.ofSeconds(10);

    /** {@code -Dpms.outage=60} for a minute. */
    private static final Duration OUTAGE = Duration.ofSeconds(Integer.getInteger("pms.outage", 10));

    private static final List<Replica> REPLICAS = new CopyOnWriteArrayList<>();
    private static Cluster cluster;
    private static Connection database;
    private static FakePms pms;

    @BeforeAll
    static void startCluster() throws Exception {
        pms = FakePms.open(0);
        cluster = new Cluster(Map.of("PMS_EVENTS_PMS_URL", pms.url().toString(), "PMS_EVENTS_QUEUE_LEASE", "5s"));
        database = cluster.database();
        REPLICAS.add(cluster.start(0));
        REPLICAS.add(cluster.start(0));
        await().atMost(SOON).until(() -> REPLICAS.stream().allMatch(Replica::isReady));
    }

    @AfterAll
    static void stopCluster() throws Exception {
        database.close();
        cluster.close();
        pms.close();
    }

    @Test
    void whatWasPublishedDuringAnOutageArrivesOnceInItsNewestVersionAndTheAdminsAreToldTwice() throws Exception {
        create("BEFORE");
        await("the PMS is in use")
                .atMost(SOON)
                .until(() -> publish(0, "BEFORE").path("pmsSync").equals("synced"));
        var skus = IntStream.range(0, 30).mapToObj(i -> "AWAY-" + i).toList();
        skus.forEach(PmsOutageIT::create);

        pms.close();
        long begun = System.nanoTime();
        for (int i = 0; i < skus.size(); i++) {
            long asked = System.nanoTime();
            publish(i, skus.get(i)).then().statusCode(200).body("pmsSync", equalTo("pending"));
            assertThat(Duration.ofNanos(System.nanoTime() - asked)).isLessThan(ANSWERED);
        }
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < skus.size(); i++) {
                patch(i + round, skus.get(i), "round " + round);
            }
        }
        await("the admins are told").atMost(SOON).until(() -> logged("ALERT critical pms:away:") == 1);
        await("the outage lasts").atMost(OUTAGE.plus(SOON)).until(() -> System.nanoTime() - begun > OUTAGE.toNanos());
        pms.open();

        await("all arrive")
                .atMost(SOON.plus(OUTAGE))
                .until(() -> skus.stream().allMatch(sku -> pms.accepted(sku).contains(4L)));
        await("all jobs are done").atMost(SOON).until(() -> number("""
                        SELECT count(*) FROM job WHERE kind = 'pms.sync' AND state <> 'completed'""") == 0);
        assertThat(skus).allSatisfy(sku -> assertThat(pms.accepted(sku)).containsExactly(4L));
        assertThat(number("SELECT count(*) FROM pms_sync WHERE version IS DISTINCT FROM wanted_version"))
                .isZero();
        await("the end is told").atMost(SOON).until(() -> logged("ALERT warning pms:back:") == 1);
        assertThat(logged("ALERT critical pms:away:")).isEqualTo(1);
        assertThat(number("SELECT count(*) FROM pms_outage WHERE failures = 0 AND since IS NULL"))
                .isEqualTo(1);
    }

    @Test
    void aSyncOutlivesTheReplicaThatWasAtIt() throws Exception {
        create("KILLED");
        var end = new CountDownLatch(1);
        pms.answer("KILLED", FakePms.after(end, FakePms.cut()));
        var other = REPLICAS.get(1);
        other.pause();
        try {
            publish(0, "KILLED").then().statusCode(200).body("pmsSync", equalTo("pending"));
            await("it is being sent")
                    .atMost(SOON)
                    .until(() -> pms.received("KILLED").size() == 1);
            REPLICAS.get(0).kill();
        } finally {
            other.resume();
        }
        try {
            await("the other replica sends it")
                    .atMost(SOON)
                    .until(() -> pms.accepted("KILLED").equals(List.of(2L)));
            var keys = pms.received("KILLED").stream()
                    .map(each -> each.header("Idempotency-key"))
                    .distinct();
            assertThat(keys).hasSize(1);
        } finally {
            end.countDown();
            REPLICAS.set(0, cluster.start(0));
            await().atMost(SOON).until(REPLICAS.get(0)::isReady);
        }
    }

    private static int logged(String text) {
        return REPLICAS.stream().mapToInt(each -> each.logged(text).size()).sum();
    }

    private static long number(String query) throws SQLException {
        try (var statement = database.createStatement();
                var rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    private static RequestSpecification editor(int replica) {
        return given().baseUri(REPLICAS.get(replica % REPLICAS.size()).address().toString())
                .header("Authorization", Tokens.bearer("edda", "editor"));
    }

    private static void create(String sku) {
        editor(0)
                .contentType("application/json")
                .body(Client.product(sku))
                .post("/api/products")
                .then()
                .statusCode(201);
    }

    private static Response publish(int replica, String sku) {
        return editor(replica).post("/api/products/" + sku + "/publish");
    }

    private static void patch(int replica, String sku, String name) {
        editor(replica)
                .contentType("application/merge-patch+json")
                .body("{\"name\":\"" + name + "\"}")
                .patch("/api/products/" + sku)
                .then()
                .statusCode(200);
    }
}
