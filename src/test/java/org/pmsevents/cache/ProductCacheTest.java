package org.pmsevents.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.redis.datasource.RedisDataSource;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.event.EventMessage;

@QuarkusTest
class ProductCacheTest {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Client editor = Client.editor();
    private final String sku = Client.newSku("C ö");
    private final CacheKey key = CacheKey.product(sku);
    private final String redisKey = "pms-events:cache:product:" + sku;
    private final List<EventMessage> misses = new CopyOnWriteArrayList<>();
    private final List<EventMessage> invalidations = new CopyOnWriteArrayList<>();
    private List<MessageConsumer<EventMessage>> listeners;

    @Inject
    RedisDataSource redis;

    @Inject
    RedisCache cache;

    @Inject
    EventBus bus;

    @Inject
    Pool pool;

    @BeforeEach
    void createProduct() {
        listeners = List.of(listen("cache.miss", misses), listen("cache.invalid", invalidations));
        editor.create(sku);
        await().until(() -> "1".equals(held("v")) && held("j") != null);
    }

    private MessageConsumer<EventMessage> listen(String address, List<EventMessage> heard) {
        return bus.consumer(address, message -> {
            if (message.body().metadata().subject().equals("product:" + sku)) {
                heard.add(message.body());
            }
        });
    }

    @AfterEach
    void stopListening() {
        listeners.forEach(MessageConsumer::unregister);
    }

    private String held(String field) {
        var value = redis.execute("HGET", redisKey, field);
        return value == null ? null : value.toString();
    }

    private void put(long version, String json) {
        cache.put(key, new CacheEntry(version, json)).await().atMost(PATIENCE);
    }

    private void invalidate(long version) {
        cache.invalidate(key, version).await().atMost(PATIENCE);
    }

    private String cached() {
        return cache.get(key).await().atMost(PATIENCE).map(CacheEntry::json).orElse("nothing");
    }

    private void readsName(String name) {
        editor.read(sku).then().statusCode(200).body("sku", equalTo(sku)).body("name", equalTo(name));
    }

    @Test
    void aNewProductIsReadFromTheCache() {
        redis.execute("HSET", redisKey, "j", held("j").replace("Lamp", "From Redis"));
        readsName("From Redis");
        assertThat(misses).isEmpty();
        assertThat(redis.execute("PTTL", redisKey).toLong()).isBetween(500_000L, 660_000L);
    }

    @Test
    void aChangeLeavesItsVersionAndTheNextReadFetchesOnce() {
        editor.patch(sku, "{\"name\":\"Table\"}").then().statusCode(200);
        await().until(() -> "2".equals(held("v")));
        assertThat(held("j")).isNull();
        await().until(() -> invalidations.size() == 1);
        assertThat(invalidations.get(0).payload()).contains("\"version\":2");
        readsName("Table");
        readsName("Table");
        assertThat(held("v")).isEqualTo("2");
        await().until(() -> !misses.isEmpty());
        assertThat(misses).hasSize(1);
        assertThat(misses.get(0).metadata().traceId()).isEqualTo(editor.traceId);
        assertThat(misses.get(0).metadata().actor()).isEqualTo("edda");
        assertThat(Client.json(misses.get(0).payload()).get("key").textValue()).isEqualTo("product:" + sku);
    }

    @Test
    void aPublishedProductIsCachedAtOnce() {
        editor.publish(sku).then().statusCode(200);
        await().until(() -> "2".equals(held("v")) && held("j") != null);
        assertThat(Client.json(held("j"))).isEqualTo(Client.json(editor.read(sku)));
        assertThat(misses).isEmpty();
    }

    @Test
    void anOlderValueNeverReplacesANewerOne() {
        put(5, "five");
        put(4, "four");
        assertThat(cached()).isEqualTo("five");
        put(6, "six");
        assertThat(cached()).isEqualTo("six");
        invalidate(5);
        invalidate(6);
        assertThat(cached()).isEqualTo("six");
    }

    @Test
    void aSlowReaderCanNotBringBackWhatWasInvalidated() {
        put(5, "five");
        invalidate(6);
        assertThat(cached()).isEqualTo("nothing");
        put(5, "five");
        assertThat(cached()).isEqualTo("nothing");
        invalidate(3);
        put(6, "six");
        assertThat(cached()).isEqualTo("six");
    }

    @Test
    void versionsAreComparedAsNumbers() {
        put(9, "nine");
        put(10, "ten");
        assertThat(cached()).isEqualTo("ten");
        put(9, "nine");
        assertThat(cached()).isEqualTo("ten");
    }

    @Test
    void whatAnotherReplicaChangedWithoutComingToRedisIsClearedByTheFeed() {
        pool.preparedQuery("""
                        INSERT INTO event (id, type, subject, actor, trace_id, occurred_at, payload)
                        VALUES (gen_random_uuid(), 'product.updated', $1, 'test', repeat('a', 32), now(), '{"version":2}')
                        """).execute(Tuple.of(sku)).await().atMost(PATIENCE);
        await().until(() -> "2".equals(held("v")));
        assertThat(held("j")).isNull();
    }

    @Test
    void anEmptiedRedisIsFilledAgain() {
        redis.execute("DEL", redisKey);
        readsName("Lamp");
        await().until(() -> held("j") != null);
        await().until(() -> misses.size() == 1);
        readsName("Lamp");
        assertThat(misses).hasSize(1);
    }

    @Test
    void whatIsNoEntryInRedisIsReplaced() {
        for (var garbage : List.of(
                List.of("SET", redisKey, "garbage"),
                List.of("LPUSH", redisKey, "garbage"),
                List.of("HSET", redisKey, "v", "garbage", "j", "{}"),
                List.of("HSET", redisKey, "x", "garbage"))) {
            redis.execute("DEL", redisKey);
            redis.execute(garbage.get(0), garbage.subList(1, garbage.size()).toArray(String[]::new));
            readsName("Lamp");
            assertThat(held("v")).as(garbage.toString()).isEqualTo("1");
            assertThat(Client.json(cached()).get("name").textValue()).isEqualTo("Lamp");
        }
    }

    @Test
    void aProductThatIsNotThereIsNotRemembered() {
        var later = sku + " later";
        editor.isProblem(editor.read(later), 404, "product-not-found");
        editor.create(later);
        editor.read(later).then().statusCode(200);
    }
}
