package org.pmsevents.delivery.pages;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Client;

@QuarkusTest
class FeedResourceTest {
    private final Client editor = Client.editor();
    private final String sku = Client.newSku("F");
    private long before;

    /** Four events of this test, and nobody else's, follow the position {@code before}. */
    @BeforeEach
    void makeEvents() {
        before = editor.head();
        editor.create(sku);
        editor.patch(sku, "{\"name\":\"Table\"}").then().statusCode(200);
        editor.publish(sku).then().statusCode(200);
        editor.archive(sku).then().statusCode(204);
        await().until(() -> editor.events(before, sku).size() == 4);
    }

    private JsonNode page(String query) {
        var answer = editor.request().get("/api/events?after=" + before + "&" + query);
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        return Client.json(answer);
    }

    private static List<String> types(JsonNode page) {
        return page.get("items").findValuesAsText("type");
    }

    @Test
    void aPollerThatSendsNextBackMissesNothingAndGetsNothingTwice() {
        var positions = new ArrayList<Long>();
        long after = before;
        for (int i = 0; i < 6; i++) {
            var page = Client.json(editor.request().get("/api/events?limit=1&after=" + after));
            page.get("items")
                    .forEach(event ->
                            positions.add(event.at("/metadata/position").longValue()));
            after = page.get("next").longValue();
        }
        assertThat(positions).containsExactly(before + 1, before + 2, before + 3, before + 4);
        assertThat(after).isEqualTo(before + 4);
    }

    @Test
    void eventsHaveTheShapeOfAnEventMessage() {
        var event = page("limit=2").get("items").get(1);
        assertThat(event.fieldNames()).toIterable().containsExactly("type", "payload", "metadata");
        assertThat(event.get("metadata").fieldNames())
                .toIterable()
                .containsExactly("timestamp", "actor", "traceId", "id", "subject", "position");
        assertThat(event.at("/payload/changed")).hasToString("[\"name\"]");
        assertThat(event.at("/payload/name").textValue()).isEqualTo("Table");
        assertThat(event.at("/payload/updatedAt").textValue())
                .isNotEqualTo(event.at("/payload/createdAt").textValue());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "type=product.published|product.published",
                "type=product.created&type=product.published|product.created,product.published",
                "type=product.published,product.created|product.created,product.published",
                "type=product.*|product.created,product.updated,product.published,product.updated",
                "type=*|product.created,product.updated,product.published,product.updated",
                "type=|product.created,product.updated,product.published,product.updated",
                "type=inventory.*,product.published|product.published",
                "type=inventory.*|"
            })
    void onlyTheTypesThatAreWantedAreAnswered(String query, String types) {
        var page = page(query);
        assertThat(String.join(",", types(page))).isEqualTo(types == null ? "" : types);
        assertThat(page.get("next").longValue()).isEqualTo(before + 4);
    }

    @Test
    void nextIsTheLastPositionOfAFullPage() {
        assertThat(page("type=product.updated&limit=1").get("next").longValue()).isEqualTo(before + 2);
        assertThat(page("type=product.updated&limit=2").get("next").longValue()).isEqualTo(before + 4);
    }

    @ParameterizedTest
    @CsvSource({
        "product,400,topic-unknown",
        "product.gone,400,topic-unknown",
        "PRODUCT.*,400,topic-unknown",
        "error.*,403,topic-not-allowed",
        "cache.miss,403,topic-not-allowed",
        "ws.update,400,topic-unknown"
    })
    void aTypeThatCanNotBeHadIsRefused(String type, int status, String code) {
        editor.isProblem(editor.request().get("/api/events?type=" + type), status, code);
        editor.isProblem(editor.request().get("/api/events?type=product.created," + type), status, code);
    }

    @Test
    void whatIsNotKeptCanNotBeReplayedByThoseWhoMayHearIt() {
        var operator = Client.of("otto", "operator");
        operator.isProblem(operator.request().get("/api/events?type=error.*"), 400, "topic-unknown");
    }

    @Test
    void aPositionThatTheFeedHasNotComeToIsUnknown() {
        editor.isProblem(editor.request().get("/api/events?after=" + (before + 5)), 400, "position-unknown")
                .body("head", equalTo((int) before + 4));
        assertThat(Client.json(editor.request().get("/api/events?after=" + (before + 4))))
                .hasToString("{\"items\":[],\"next\":" + (before + 4) + ",\"epoch\":\"" + epoch() + "\"}");
    }

    private String epoch() {
        return Client.json(editor.request().get("/api/events?after=" + before))
                .get("epoch")
                .textValue();
    }

    @Test
    void aPositionOfAnotherEpochIsRefusedAndOneOfThisEpochIsNot() {
        for (var other : List.of("?after=" + before + "&epoch=another", "?after=another:" + before)) {
            editor.isProblem(editor.request().get("/api/events" + other), 410, "feed-restarted")
                    .body("epoch", equalTo(epoch()))
                    .body("head", equalTo((int) before + 4));
        }
        for (var same : List.of("?after=" + before + "&epoch=" + epoch(), "?after=" + epoch() + ":" + before)) {
            editor.request().get("/api/events" + same).then().statusCode(200);
        }
    }

    @Test
    void zeroIsAlwaysBeforeTheFirst() {
        for (var query : List.of("", "?after=0", "?limit=500")) {
            editor.request().get("/api/events" + query).then().statusCode(200);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "after=x",
                "after=-1",
                "after=1.5",
                "after=1e3",
                "after=99999999999999999999",
                "limit=0",
                "limit=501",
                "limit=many"
            })
    void aNumberThatIsNoneIsRefused(String query) {
        editor.isProblem(editor.request().get("/api/events?" + query), 400, "validation-failed")
                .body("violations[0].pointer", equalTo("?" + query.substring(0, query.indexOf('='))));
    }
}
