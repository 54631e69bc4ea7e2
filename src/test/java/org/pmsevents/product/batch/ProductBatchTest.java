package org.pmsevents.product.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pmsevents.Waiting.await;

import io.quarkus.test.junit.QuarkusTest;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlConnection;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.json.ParsedBody;
import org.pmsevents.platform.json.StrictJson;
import org.pmsevents.platform.problem.AppException;

/** What a batch does in the transaction of its caller. */
@QuarkusTest
class ProductBatchTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final RequestContext CONTEXT = new RequestContext("batcher", "0af7651916cd43dd8448eb211c80319c");

    private final Client editor = Client.editor();
    private final String sku = Client.newSku("B ");

    @Inject
    ProductBatch batch;

    @Inject
    Transactions transactions;

    @Inject
    Pool pool;

    private static ParsedBody line(String json) {
        return StrictJson.read(json.getBytes(StandardCharsets.UTF_8));
    }

    private static String product(String sku, String name, String more) {
        return "{\"sku\":\"%s\",\"name\":\"%s\",\"price\":{\"amount\":1.50,\"currency\":\"EUR\"}%s}"
                .formatted(sku, name, more);
    }

    private BatchResult write(BatchOptions options, String... lines) {
        var result = transactions
                .run(
                        CONTEXT,
                        transaction -> batch.write(
                                transaction,
                                Stream.of(lines).map(ProductBatchTest::line).toList(),
                                options,
                                CONTEXT))
                .await()
                .atMost(PATIENCE);
        batch.announce(result, CONTEXT).await().atMost(PATIENCE);
        return result;
    }

    private List<String> types(String sku, int events) {
        await().until(() -> editor.events(0, sku).size() >= events);
        return editor.events(0, sku).stream()
                .map(event -> event.path("type").asText())
                .toList();
    }

    private static List<String> outcomes(BatchResult result) {
        return result.results().stream()
                .map(each -> each.status() + " " + (each.isAccepted() ? each.outcome() : each.code()))
                .toList();
    }

    @Test
    void linesOfOneSkuAreAppliedInTheirOrder() {
        var result = write(
                BatchOptions.of(BatchMode.UPSERT),
                product(sku, "One", ""),
                product(sku, "Two", ",\"status\":\"draft\""),
                product(sku, "Two", ""),
                product(sku, "", ""),
                product(sku, "Three", ",\"status\":\"published\""),
                product(sku, "Three", ",\"status\":\"draft\""));
        assertThat(outcomes(result))
                .containsExactly(
                        "201 created",
                        "200 updated",
                        "200 unchanged",
                        "400 validation-failed",
                        "200 published",
                        "400 validation-failed");
        assertThat(types(sku, 4))
                .containsExactly("product.created", "product.updated", "product.updated", "product.published");
        var stored = Client.json(editor.read(sku));
        assertThat(stored.path("name").asText()).isEqualTo("Three");
        assertThat(stored.path("status").asText()).isEqualTo("published");
        assertThat(stored.path("version").asInt()).isEqualTo(4);
    }

    @Test
    void aDryRunTellsTheSameAndChangesNothing() {
        var lines = new String[] {product(sku, "One", ",\"status\":\"published\""), product(sku, "Two", ""), "{}"};
        var told = write(BatchOptions.of(BatchMode.UPSERT).preview(true), lines);
        assertThat(told.changed()).isEmpty();
        assertThat(editor.request().get(Client.path(sku)).statusCode()).isEqualTo(404);
        assertThat(write(BatchOptions.of(BatchMode.UPSERT), lines).results()).isEqualTo(told.results());
    }

    @Test
    void allOrNoneWritesNothingIfALineIsRefused() {
        assertThatThrownBy(() -> write(
                        BatchOptions.of(BatchMode.CREATE).allOrNone(true).waiting(),
                        product(sku, "One", ""),
                        product(sku, "Two", "")))
                .isInstanceOfSatisfying(
                        AppException.class,
                        refusal -> assertThat(refusal.members().toString())
                                .contains("not-applied")
                                .contains("product-exists"));
        assertThat(editor.request().get(Client.path(sku)).statusCode()).isEqualTo(404);
    }

    @Test
    void aProductThatSomebodyElseHoldsIsLeftAndHoldsUpNoOther() {
        var free = Client.newSku("FREE");
        editor.create(sku);
        var holder = pool.getConnection().await().atMost(PATIENCE);
        try {
            execute(holder, "BEGIN");
            holder.preparedQuery("SELECT FROM product WHERE sku = $1 FOR UPDATE")
                    .execute(Tuple.of(sku))
                    .await()
                    .atMost(PATIENCE);
            var result = write(
                    BatchOptions.of(BatchMode.UPSERT),
                    product(sku, "Held", ""),
                    product(free, "Free", ""),
                    product(sku, "Held again", ""));
            assertThat(outcomes(result)).containsExactly("503 database-busy", "201 created", "503 database-busy");
            assertThat(result.left()).containsExactly(0, 2);
        } finally {
            execute(holder, "ROLLBACK");
            holder.close().await().atMost(PATIENCE);
        }
        assertThat(outcomes(write(BatchOptions.of(BatchMode.UPSERT).waiting(), product(sku, "Held", ""))))
                .containsExactly("200 updated");
    }

    @Test
    void aLineArchivesWhereItMay() {
        editor.create(sku);
        var archived = product(sku, "Gone", ",\"status\":\"archived\"");
        assertThat(outcomes(write(BatchOptions.of(BatchMode.UPSERT).waiting(), archived)))
                .containsExactly("400 validation-failed");
        var archives =
                BatchOptions.of(BatchMode.UPSERT).with(StatusRule.ARCHIVES).waiting();
        assertThat(outcomes(write(archives, archived, archived, product(sku, "Back", ""))))
                .containsExactly("200 archived", "200 unchanged", "409 product-archived");
        var decides = archives.with(StatusRule.DECIDES);
        assertThat(outcomes(write(decides, product(sku, "Back", ",\"status\":\"published\""))))
                .containsExactly("200 published");
        assertThat(outcomes(write(decides, product(sku, "Back", ",\"status\":\"draft\""))))
                .containsExactly("200 updated");
        assertThat(Client.json(editor.read(sku)).path("status").asText()).isEqualTo("draft");
    }

    private void execute(SqlConnection connection, String statement) {
        connection.query(statement).execute().await().atMost(PATIENCE);
    }
}
