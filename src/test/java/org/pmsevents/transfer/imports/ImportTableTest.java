package org.pmsevents.transfer.imports;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.event.EventMetadata;
import org.pmsevents.event.RequestContext;

/** The SQL of imports, where it has bounds. */
@QuarkusTest
class ImportTableTest {
    @Inject
    Pool pool;

    @Inject
    ImportTable table;

    @Inject
    ImportRemains remains;

    private static <T> T now(Uni<T> work) {
        return work.await().atMost(Duration.ofSeconds(30));
    }

    private UUID receiving() {
        var id = UUID.randomUUID();
        var request = ImportRequest.of(new ImportRequest.Query("counts", null, null, null, null, null, null), true);
        now(table.insert(
                pool,
                id,
                "counts",
                false,
                request.json(),
                null,
                new RequestContext("test", "0", EventMetadata.spanOf(id))));
        return id;
    }

    @Test
    void refusedLinesAreReadAMegabyteAtATime() {
        var id = receiving();
        now(table.reject(
                pool,
                id,
                LongStream.range(0, 8)
                        .mapToObj(line -> new ImportTable.Rejected(line, "x".repeat(400_000), null, "type", "No."))
                        .toList()));
        assertThat(now(table.rejected(pool, id, -1, 500)))
                .extracting(ImportTable.Rejected::line)
                .containsExactly(0L, 1L, 2L);
        assertThat(now(table.rejected(pool, id, 6, 500)))
                .extracting(ImportTable.Rejected::line)
                .isEqualTo(List.of(7L));
        now(table.delete(pool, id));
    }

    private static long count(Pool pool, String table, UUID id) {
        return now(pool.preparedQuery("SELECT count(*) AS n FROM " + table + " WHERE import_id = $1")
                        .execute(Tuple.of(id)))
                .iterator()
                .next()
                .getLong("n");
    }

    private UUID filled() {
        var id = receiving();
        for (var sql : List.of(
                "INSERT INTO import_part (import_id, part, content) SELECT $1, n, 'x' FROM generate_series(0, 249) AS n",
                "INSERT INTO import_subject (import_id, subject, line) SELECT $1, 'A' || n, n FROM generate_series(1, 45000) AS n",
                "INSERT INTO import_rejected (import_id, line, raw, code, detail) SELECT $1, n, 'x', 'type', '' FROM generate_series(1, 12000) AS n")) {
            now(pool.preparedQuery(sql).execute(Tuple.of(id)));
        }
        return id;
    }

    @Test
    void whatIsNoLongerNeededIsDeletedInPieces() {
        var id = filled();
        assertThat(now(table.dropText(pool, id))).isEqualTo(20_100);
        now(remains.dropText(id));
        assertThat(count(pool, "import_part", id)).isZero();
        assertThat(count(pool, "import_subject", id)).isZero();
        assertThat(now(table.dropRejected(pool, id))).isEqualTo(5_000);
        now(remains.delete(id));
        assertThat(now(table.find(pool, id))).isEmpty();
    }

    @Test
    void finishedImportsThatHaveTextAreFound() {
        var id = filled();
        assertThat(now(table.withText(pool))).doesNotContain(id);
        now(table.finish(pool, id, Import.State.FAILED, "given up"));
        assertThat(now(table.withText(pool))).contains(id);
        now(remains.dropText(id));
        assertThat(now(table.withText(pool))).doesNotContain(id);
        assertThat(count(pool, "import_rejected", id)).isEqualTo(12_000);
        now(remains.delete(id));
    }

    @Test
    void aKeyForOneLocationCancelsNoImportForAll() {
        var id = receiving();
        assertThat(now(table.received(pool, id, "{}", 0, 0, 1, UUID.randomUUID())))
                .isPresent();
        var made = Client.of("ada", "admin")
                .request("{\"name\":\"imp-" + id + "\",\"roles\":[\"stock\"],\"locations\":[\"north\"]}")
                .post("/api/keys");
        var key = Client.json(made).get("key").asText();
        var stock = Client.of("stella", "stock");
        var path = "/api/imports/" + id + "/cancel";
        given().header("Authorization", "Bearer " + key)
                .post(path)
                .then()
                .statusCode(403)
                .body("code", equalTo("location-not-allowed"));
        assertThat(stock.request().post(path).statusCode()).isEqualTo(200);
        now(remains.delete(id));
    }
}
