package org.pmsevents.delivery.sse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;

@QuarkusTest
@TestProfile(QuickFeed.class)
class EventStreamTest {
    private final Client editor = Client.editor();
    private final String sku = Client.newSku("S");

    @TestHTTPResource("/")
    URI server;

    @Inject
    Pool pool;

    private EventStream open(String query, Object lastEventId) {
        return EventStream.open(server, query, lastEventId.toString());
    }

    private EventStream openLive(String query) {
        var stream = open(query, "");
        await().until(() -> !stream.blocks.isEmpty());
        return stream;
    }

    /** Events as another replica may leave them: committed, but without positions. */
    private void insertEvents(int count) {
        pool.preparedQuery("""
                        INSERT INTO event (id, type, subject, actor, trace_id, occurred_at, payload)
                        SELECT gen_random_uuid(), 'product.updated', $1, 'test', repeat('a', 32), now(),
                               json_build_object('version', n)
                        FROM generate_series(1, $2) AS n
                        """).execute(Tuple.of(sku, count)).await().atMost(Duration.ofSeconds(10));
        await().until(() -> editor.events(0, sku).size() == count);
    }

    @Test
    void anEventIsSentAsItStandsInTheFeedWithItsPositionAsId() throws IOException {
        long head = editor.head();
        try (var stream = openLive("")) {
            assertThat(stream.response.statusCode()).isEqualTo(200);
            assertThat(stream.response.headers().firstValue("X-Accel-Buffering"))
                    .contains("no");
            assertThat(stream.response.headers().firstValue("Content-Type"))
                    .hasValueSatisfying(type -> assertThat(type).startsWith("text/event-stream"));
            assertThat(stream.blocks.get(0).isHeartbeat()).isTrue();
            assertThat(stream.blocks.get(0).position()).isGreaterThanOrEqualTo(head);
            editor.create(sku, Client.product(sku).replace("12.50", "12345678901234567.890"));
            await().until(() -> stream.events().size() == 1);
            var sent = stream.events().get(0);
            var stored = editor.events(head, sku).get(0);
            assertThat(Client.json(sent.data())).isEqualTo(stored);
            assertThat(sent.data()).contains("12345678901234567.890");
            assertThat(sent.position())
                    .isEqualTo(stored.at("/metadata/position").longValue());
            assertThat(sent.event()).isEmpty();
        }
    }

    @Test
    void whoComesBackGetsEverythingSinceInOrderAndThenGoesOnLive() throws IOException {
        long head = editor.head();
        insertEvents(1_700);
        long after = head + 100;
        try (var stream = open("", after)) {
            await().until(() -> stream.events().size() >= 1_600);
            editor.create(sku + " live");
            await().until(() -> stream.events().size() == 1_601);
            assertThat(stream.blocks.get(0).isHeartbeat()).isTrue();
            assertThat(stream.blocks.get(0).position()).isEqualTo(after);
            assertThat(stream.events().stream().map(EventStream.Block::position).toList())
                    .containsExactlyElementsOf(LongStream.rangeClosed(after + 1, after + 1_601)
                            .boxed()
                            .toList());
            assertThat(stream.blocks.stream().map(EventStream.Block::position).toList())
                    .isSorted();
        }
    }

    @Test
    void whoCanNotSendAHeaderSaysInTheQueryWhereToGoOn() throws IOException {
        long head = editor.head();
        insertEvents(3);
        try (var stream = open("?after=" + (head + 1), "")) {
            await().until(() -> stream.events().size() == 2);
            assertThat(stream.events().get(0).position()).isEqualTo(head + 2);
        }
        try (var stream = open("?after=" + head, head + 2)) {
            await().until(() -> stream.events().size() == 1);
            assertThat(stream.events().get(0).position()).isEqualTo(head + 3);
        }
        editor.isProblem(editor.request().get("/api/events/stream?after=x"), 400, "validation-failed");
    }

    @Test
    void aHeartbeatIsAnIdAndAComment() throws IOException {
        long head = editor.head();
        try (var stream = openLive("")) {
            await().until(() -> stream.blocks.size() >= 4);
            assertThat(stream.blocks).allMatch(EventStream.Block::isHeartbeat);
            assertThat(stream.blocks)
                    .allSatisfy(block -> assertThat(block.position()).isGreaterThanOrEqualTo(head));
        }
    }

    @Test
    void anIdOfAnotherEpochIsAnsweredWithAReset() throws IOException {
        long head = editor.head();
        try (var stream = EventStream.open(server, "", "another:" + head)) {
            await().until(() -> stream.blocks.size() >= 2);
            assertThat(stream.blocks.get(0).event()).isEqualTo("reset");
            assertThat(stream.blocks.get(1).id())
                    .isEqualTo(Client.json(stream.blocks.get(0).data())
                                    .get("epoch")
                                    .textValue() + ":" + head);
            try (var resumed = EventStream.open(server, "", stream.blocks.get(1).id())) {
                await().until(() -> !resumed.blocks.isEmpty());
                assertThat(resumed.blocks).noneMatch(block -> block.event().equals("reset"));
            }
        }
    }

    @Test
    void anIdThatTheFeedHasNotComeToIsAnsweredWithAReset() throws IOException {
        long head = editor.head();
        for (long unknown : new long[] {head + 1_000, Long.MAX_VALUE}) {
            try (var stream = open("", unknown)) {
                await().until(() -> stream.blocks.size() >= 2);
                var reset = stream.blocks.get(0);
                assertThat(reset.event()).isEqualTo("reset");
                assertThat(Client.json(reset.data()).get("head").longValue()).isEqualTo(head);
                assertThat(Client.json(reset.data()).get("oldest").longValue()).isPositive();
                assertThat(stream.blocks.get(1).position()).isEqualTo(head);
                var mark = sku + unknown;
                editor.create(mark);
                await().until(() ->
                        stream.events().stream().anyMatch(event -> event.data().contains(mark)));
            }
            head = editor.head();
        }
    }

    @Test
    void onlyTheTypesThatAreWantedAreSentAndTheHeartbeatPassesTheOthers() throws IOException {
        try (var one = openLive("?type=product.published");
                var two = openLive("?type=product.created,inventory.*&type=product.published")) {
            editor.create(sku);
            editor.publish(sku).then().statusCode(200);
            editor.patch(sku, "{\"name\":\"Table\"}").then().statusCode(200);
            long head = editor.head();
            for (var stream : List.of(one, two)) {
                await().until(() -> stream.blocks.get(stream.blocks.size() - 1).position() >= head);
            }
            assertThat(types(one)).containsExactly("product.published");
            assertThat(types(two)).containsExactly("product.created", "product.published");
        }
    }

    private static List<String> types(EventStream stream) {
        return stream.events().stream()
                .map(event -> Client.json(event.data()).get("type").textValue())
                .toList();
    }

    @Test
    void whatIsWrongWithTheRequestIsSaidBeforeTheStreamBegins() {
        var viewer = Client.viewer();
        var stream = "/api/events/stream";
        viewer.isProblem(viewer.anonymous().get(stream), 401, "unauthenticated");
        viewer.isProblem(viewer.anonymous().accept("text/event-stream").get(stream), 401, "unauthenticated");
        viewer.isProblem(viewer.request().get(stream + "?type=error.*"), 403, "topic-not-allowed");
        viewer.isProblem(viewer.request().get(stream + "?type=nothing"), 400, "topic-unknown");
        for (var bad : List.of("x", "-1", "1.5", "99999999999999999999")) {
            viewer.isProblem(viewer.request().header("Last-Event-ID", bad).get(stream), 400, "validation-failed");
        }
        viewer.isProblem(viewer.request().accept("application/json").get(stream), 406, "not-acceptable");
    }
}
