package org.pmsevents.inventory.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.LockedRow;

@QuarkusTest
class ThresholdTest {
    /** More than there are connections to PostgreSQL. */
    private static final int MANY = 24;

    private final Client user = Client.of("sam", "editor", "stock");
    private final String sku = Client.newSku("T ");

    @Inject
    Pool pool;

    private Response threshold(int threshold) {
        return user.threshold(sku, "{\"threshold\":" + threshold + "}");
    }

    @Test
    void whoeverSetsTheThresholdOfALockedStockLeavesTheOthersTheirConnections() {
        var free = Client.newSku("FREE");
        user.create(sku);
        user.create(free);
        var callers = Executors.newFixedThreadPool(MANY);
        try {
            var held = new LockedRow(pool, "SELECT FROM stock WHERE sku = $1 FOR UPDATE", sku);
            var answers = IntStream.range(0, MANY)
                    .mapToObj(i ->
                            CompletableFuture.supplyAsync(() -> Client.untilNotLocked(() -> threshold(i)), callers))
                    .toList();
            try (held) {
                held.awaitWaiter();
                for (int i = 0; i < 10; i++) {
                    user.adjust(free, 1);
                    user.threshold(free, "{\"threshold\":" + i + "}").then().statusCode(200);
                }
                assertThat(answers).noneMatch(CompletableFuture::isDone);
            }
            assertThat(answers)
                    .allSatisfy(each -> assertThat(each.join().statusCode())
                            .as(each.join().asString())
                            .isEqualTo(200));
        } finally {
            callers.shutdownNow();
        }
    }
}
