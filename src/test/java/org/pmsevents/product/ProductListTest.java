package org.pmsevents.product;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.mutiny.sqlclient.Pool;
import jakarta.inject.Inject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.pmsevents.Client;

@QuarkusTest
class ProductListTest {
    @Inject
    Pool pool;

    private final Client editor = Client.editor();
    private final String mark = Client.newSku("L");

    private JsonNode page(String query) {
        var answer = editor.request().get("/api/products?" + query);
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(200);
        return Client.json(answer);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private List<String> all(String query) {
        var skus = new ArrayList<String>();
        var page = page(query);
        skus.addAll(skus(page));
        while (!page.get("next").isNull()) {
            page = page(query + "&after=" + page.get("next").textValue());
            skus.addAll(skus(page));
        }
        return skus;
    }

    private static List<String> skus(JsonNode page) {
        return page.get("items").findValuesAsText("sku");
    }

    @Test
    void pagesHoldEveryProductOnceInTheOrderOfTheirSkus() {
        var skus = IntStream.range(0, 23)
                .mapToObj(i -> mark + (i % 2 == 0 ? " A" : " a") + "ä" + (char) ('a' + i))
                .toList();
        skus.forEach(editor::create);
        for (int limit : new int[] {1, 7, 22, 23, 24, 500}) {
            assertThat(all("q=" + encoded(mark) + "&limit=" + limit))
                    .containsExactlyElementsOf(skus.stream().sorted().toList());
        }
        var first = page("limit=5&q=" + encoded(mark));
        assertThat(first.get("items")).hasSize(5);
        editor.create(mark + " A, between two pages");
        assertThat(skus(page("limit=500&q=" + encoded(mark) + "&after="
                        + first.get("next").textValue())))
                .hasSize(18)
                .doesNotContainAnyElementsOf(skus(first));
    }

    @Test
    void productsAreFoundByStatusAndTag() {
        editor.create(mark + "1", Client.product(mark + "1").replace("}}", "},\"tags\":[\"" + mark + "\",\"x\"]}"));
        editor.create(mark + "2", Client.product(mark + "2").replace("}}", "},\"tags\":[\"" + mark + "\"]}"));
        editor.create(mark + "3");
        editor.publish(mark + "2");
        editor.archive(mark + "3");
        assertThat(all("tag=" + mark)).containsExactly(mark + "1", mark + "2");
        assertThat(all("tag=" + mark + "&status=draft")).containsExactly(mark + "1");
        assertThat(all("status=published&q=" + mark)).containsExactly(mark + "2");
        assertThat(all("status=archived&q=" + mark)).containsExactly(mark + "3");
        assertThat(all("tag=" + mark.substring(1))).isEmpty();
        assertThat(page("tag=" + mark + "x")).hasToString("{\"items\":[],\"next\":null}");
    }

    @ParameterizedTest
    @CsvSource({
        "100_wool,0_WOOL",
        "snake_case,E_C",
        "back\\slash,K\\S",
        "Große Äpfel,große ÄPFEL",
        "ЛАМПА,лампа",
        "O'Brien,o'brien"
    })
    void aSearchIgnoresCaseAndTakesEveryCharacterAsItIs(String name, String search) {
        editor.create(mark, Client.product(mark).replace("Lamp", mark + name.replace("\\", "\\\\")));
        editor.create(mark + name, Client.product(mark + name));
        editor.create(mark + "other", Client.product(mark + "other").replace("Lamp", "100xwool snakeXcase backslash"));
        var found = all("q=" + encoded(search)).stream()
                .filter(sku -> sku.startsWith(mark))
                .toList();
        assertThat(found).containsExactlyInAnyOrder(mark, mark + name);
    }

    /** The index is what a search is bounded by; the planner prefers others while the table is small. */
    @Test
    void aSearchCanUseItsIndex() {
        var query = ProductTable.list(null, null, null, "no-such-thing", 10);
        var plan = new StringBuilder();
        pool.withTransaction(client -> client.query(
                                "SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off; SET LOCAL plan_cache_mode = force_custom_plan")
                        .execute()
                        .chain(() ->
                                client.preparedQuery("EXPLAIN " + query.sql()).execute(query.parameters())))
                .await()
                .atMost(Duration.ofSeconds(10))
                .forEach(row -> plan.append(row.getString(0)).append('\n'));
        assertThat(plan.toString()).contains("product_search");
    }

    @Test
    void aPercentSignIsNoWildcard() {
        editor.create(mark, Client.product(mark).replace("Lamp", mark + " 100% wool"));
        assertThat(all("q=" + encoded(mark + " 100% WOOL"))).containsExactly(mark);
        assertThat(all("q=" + encoded(mark + "%wool"))).isEmpty();
        assertThat(all("q=" + encoded(mark + "%"))).isEmpty();
    }
}
