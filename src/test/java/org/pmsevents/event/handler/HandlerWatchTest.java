package org.pmsevents.event.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.alert.Told;
import org.pmsevents.delivery.sse.QuickFeed;

/** How far durable handlers are behind, seen from a replica that does not run them. */
@QuarkusTest
@TestProfile(QuickFeed.class)
class HandlerWatchTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final String name = "elsewhere-" + UUID.randomUUID();

    @Inject
    HandlerWatch watch;

    @Inject
    MeterRegistry meters;

    @Inject
    Told told;

    @AfterEach
    void removeTheHandler() {
        told.execute("DELETE FROM handler_cursor WHERE handler = $1", name);
        told.execute("DELETE FROM handler_behind WHERE handler = $1", name);
        told.execute("DELETE FROM dead_letter WHERE handler = $1", name);
    }

    /** Another replica, or an older version of the service, has such a handler. */
    private void behindBy(int events) {
        told.execute("""
                INSERT INTO handler_cursor (handler, position) SELECT $1, head - $2::bigint FROM feed_head
                ON CONFLICT (handler) DO UPDATE SET position = excluded.position
                """, name, events);
    }

    /** On two replicas at once. */
    private void look() {
        Uni.join().all(watch.look(), watch.look()).andFailFast().await().atMost(PATIENCE);
    }

    private double gauge(String gauge) {
        return meters.get(gauge).tag("handler", name).gauge().value();
    }

    private long alerts() {
        return told.counted("handler-lag:" + name);
    }

    @Test
    void everyReplicaShowsHowFarAHandlerIsBehindWhoeverRunsIt() {
        behindBy(7);
        told.execute(
                "INSERT INTO dead_letter (id, handler, position, event, attempts, error) VALUES ($1, $2, 1, '{}', 5, 'x')",
                UUID.randomUUID(),
                name);
        look();
        assertThat(gauge("pms.handler.lag")).isBetween(7.0, 100.0);
        assertThat(gauge("pms.handler.dead.letters")).isEqualTo(1);
        for (var known : List.of("product-history", "stock-levels", "low-stock")) {
            await(known).ignoreExceptions().until(() -> {
                look();
                return meters.get("pms.handler.lag")
                                .tag("handler", known)
                                .gauge()
                                .value()
                        == 0;
            });
        }
    }

    @Test
    void adminsAreAlertedOnceWhenAHandlerFallsBehindAndAgainOnlyAfterItHasCaughtUp() {
        behindBy(90);
        look();
        assertThat(alerts()).isZero();
        behindBy(200);
        look();
        look();
        assertThat(alerts()).isEqualTo(1);
        behindBy(90);
        look();
        behindBy(300);
        look();
        assertThat(alerts()).as("not caught up in between").isEqualTo(1);
        behindBy(0);
        look();
        behindBy(200);
        look();
        assertThat(alerts()).isEqualTo(2);
    }
}
