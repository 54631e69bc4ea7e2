package org.pmsevents.pms.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;

/** What nobody knows is kept, shown, and applied once a person has said what it is. */
@QuarkusTest
class UnknownSkuTest {
    private static final String PATH = "/api/pms/unknown-skus";

    private final PmsSender pms = new PmsSender();
    private final Client viewer = Client.viewer();
    private final Client keeper = Client.of("stan", "stock");
    private final String unknown = Client.newSku("NOBODY/");
    private final String sku = Client.newSku("KNOWN");

    @Inject
    Clock clock;

    @BeforeEach
    void createProduct() {
        Client.editor().create(sku);
    }

    private List<JsonNode> list(String query) {
        var found = new ArrayList<JsonNode>();
        String next = null;
        do {
            var page = Client.json(
                    viewer.request().get(PATH + "?limit=3" + query + (next == null ? "" : "&after=" + next)));
            page.get("items").forEach(item -> {
                if (item.get("sku").textValue().equals(unknown)) {
                    found.add(item);
                }
            });
            next = page.get("next").textValue();
        } while (next != null);
        return found;
    }

    private JsonNode only() {
        var found = list("&resolved=false");
        assertThat(found).hasSize(1);
        return found.get(0);
    }

    private String id() {
        return only().get("id").textValue();
    }

    private Response resolve(Client by, String id, String to) {
        return by.request("{\"sku\":" + Client.quoted(to) + "}").post(PATH + "/" + id + "/resolve");
    }

    @Test
    void anUnknownSkuIsRejectedAndKept() {
        var counted = clock.instant();
        var webhook = PmsSender.newId();
        var report = Client.json(pms.send(
                webhook,
                PmsSender.body(
                        PmsSender.line(sku, 1, null),
                        PmsSender.line(unknown, 3, counted),
                        PmsSender.line(unknown, 2, counted.minusSeconds(9)))));
        assertThat(report.get("applied").intValue()).isEqualTo(1);
        assertThat(report.get("rejected").findValuesAsText("code")).containsExactly("unknown-sku", "unknown-sku");
        assertThat(report.get("rejected").findValuesAsText("index")).containsExactly("1", "2");
        var kept = only();
        assertThat(kept.get("location").textValue()).isEqualTo("main");
        assertThat(kept.get("onHand").longValue()).isEqualTo(3);
        assertThat(kept.get("countedAt").textValue()).isEqualTo(counted.toString());
        assertThat(kept.get("webhookId").textValue()).isEqualTo(webhook);
        assertThat(kept.get("times").longValue()).isEqualTo(2);
        assertThat(kept.get("resolvedAt").isNull()).isTrue();
        assertThat(kept.fieldNames())
                .toIterable()
                .containsExactly(
                        "id",
                        "sku",
                        "location",
                        "onHand",
                        "countedAt",
                        "webhookId",
                        "times",
                        "firstSeen",
                        "lastSeen",
                        "resolvedAt",
                        "resolvedTo",
                        "resolvedBy");
    }

    @Test
    void itsNewestCountIsKept() {
        var counted = clock.instant();
        pms.sync(PmsSender.line(unknown, 3, counted));
        pms.sync(PmsSender.line(unknown, 9, counted.minusSeconds(60)));
        assertThat(only().get("onHand").longValue()).isEqualTo(3);
        pms.sync(PmsSender.line(unknown, 4, counted.plusMillis(1)));
        assertThat(only().get("onHand").longValue()).isEqualTo(4);
        assertThat(only().get("times").longValue()).isEqualTo(3);
        pms.sync("{\"sku\":\"" + unknown + "\",\"location\":\"shop\",\"onHand\":1}");
        assertThat(list("&resolved=false")).hasSize(2);
    }

    @Test
    void whoSaysWhatItIsHasItsCountApplied() {
        keeper.adjust(sku, 10);
        var webhook = PmsSender.newId();
        pms.send(webhook, PmsSender.body(PmsSender.line(unknown, 8, clock.instant())))
                .then()
                .statusCode(200);
        keeper.adjust(sku, -1);
        long head = viewer.head();
        var id = id();
        resolve(keeper, id, sku)
                .then()
                .statusCode(200)
                .body("id", equalTo(id))
                .body("sku", equalTo(unknown))
                .body("resolvedTo", equalTo(sku))
                .body("resolvedBy", equalTo("stan"))
                .body("outcome", equalTo("applied"));
        assertThat(viewer.stock(sku).get("onHand").longValue())
                .as("the sale since is taken off")
                .isEqualTo(7);
        var movement = viewer.movements(sku).get(0);
        assertThat(movement.get("reason").textValue()).isEqualTo("sync");
        assertThat(movement.get("reference").textValue()).isEqualTo(webhook);
        assertThat(movement.get("actor").textValue()).isEqualTo("stan");
        assertThat(viewer.events(head, sku, 1)).hasSize(1);
        assertThat(list("&resolved=false")).isEmpty();
        assertThat(list("&resolved=true")).hasSize(1);
        assertThat(list("")).hasSize(1);
        keeper.isProblem(resolve(keeper, id, sku), 409, "unknown-sku-resolved");
        pms.sync(PmsSender.line(unknown, 5, null));
        assertThat(list("")).as("it is not known for that").hasSize(2);
    }

    @Test
    void aCountThatIsOutdatedIsResolvedWithoutAChange() {
        pms.sync(PmsSender.line(unknown, 8, clock.instant()));
        pms.sync(PmsSender.line(sku, 3, clock.instant()));
        resolve(keeper, id(), sku).then().statusCode(200).body("outcome", equalTo("stale"));
        assertThat(viewer.stock(sku).get("onHand").longValue()).isEqualTo(3);
    }

    @Test
    void whatCanNotBeDoneIsRefusedAndLeavesItOpen() {
        pms.sync(PmsSender.line(unknown, -8, null));
        var id = id();
        keeper.isProblem(resolve(keeper, UUID.randomUUID().toString(), sku), 404, "unknown-sku-not-found");
        keeper.isProblem(resolve(keeper, "no-id", sku), 404, "unknown-sku-not-found");
        keeper.isProblem(resolve(keeper, id, Client.newSku("NONE")), 404, "product-not-found");
        keeper.isProblem(resolve(keeper, id, sku), 409, "insufficient-stock");
        keeper.isProblem(resolve(keeper, id, "a/b"), 400, "validation-failed")
                .body("violations[0].pointer", equalTo("/sku"));
        keeper.isProblem(
                keeper.request("{\"sku\":\"x\",\"y\":1}").post(PATH + "/" + id + "/resolve"), 400, "validation-failed");
        viewer.isProblem(resolve(viewer, id, sku), 403, "forbidden");
        assertThat(viewer.stock(sku).get("version").longValue()).isEqualTo(1);
        assertThat(only().get("id").textValue()).isEqualTo(id);
    }

    @Test
    void onlyWhoMayReadsTheList() {
        viewer.isProblem(viewer.anonymous().get(PATH), 401, "unauthenticated");
        var nobody = Client.of("nora");
        nobody.isProblem(nobody.request().get(PATH), 403, "forbidden");
        viewer.isProblem(viewer.request().get(PATH + "?resolved=maybe"), 400, "validation-failed");
        viewer.isProblem(viewer.request().get(PATH + "?after=zzz"), 400, "validation-failed");
        viewer.isProblem(viewer.request().get(PATH + "?limit=0"), 400, "validation-failed");
    }

    @Test
    void aResolutionUnderAKeyIsDoneOnce() {
        pms.sync(PmsSender.line(unknown, 8, null));
        var id = id();
        var first = keyed(id, "k-" + id);
        first.then().statusCode(200);
        keeper.adjust(sku, -1);
        var again = keyed(id, "k-" + id);
        again.then().statusCode(200).header("Idempotent-Replayed", "true");
        assertThat(again.asString()).isEqualTo(first.asString());
        assertThat(viewer.stock(sku).get("onHand").longValue()).isEqualTo(7);
        keeper.isProblem(keyed(id, "other-" + id), 409, "unknown-sku-resolved");
    }

    private Response keyed(String id, String key) {
        return keeper.request("{\"sku\":" + Client.quoted(sku) + "}")
                .header("Idempotency-Key", key)
                .post(PATH + "/" + id + "/resolve");
    }

    @Test
    void manyWhoResolveItAtOnceDoItOnce() throws Exception {
        pms.sync(PmsSender.line(unknown, 8, null));
        var id = id();
        var answers = new ArrayList<CompletableFuture<Response>>();
        for (int i = 0; i < 8; i++) {
            answers.add(CompletableFuture.supplyAsync(() -> resolve(keeper, id, sku)));
        }
        var statuses = new ArrayList<Integer>();
        for (var answer : answers) {
            statuses.add(answer.get(20, TimeUnit.SECONDS).statusCode());
        }
        assertThat(statuses).containsOnlyOnce(200).containsOnly(200, 409);
        assertThat(viewer.movements(sku)).hasSize(1);
    }
}
