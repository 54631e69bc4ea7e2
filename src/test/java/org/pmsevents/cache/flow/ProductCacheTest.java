package org.pmsevents.cache.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.pmsevents.Waiting.await;

import io.quarkus.redis.datasource.RedisDataSource;
import io.quarkus.test.junit.QuarkusTest;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.cache.AsOf;
import org.pmsevents.cache.CacheEntry;
import org.pmsevents.cache.CacheKey;
import org.pmsevents.cache.store.RedisCache;
import org.pmsevents.cache.version.TagVersions;
import org.pmsevents.event.EventMessage;
import org.pmsevents.event.feed.Feed;

/** Where a value comes from is seen by what was written behind the cache's back. */
@QuarkusTest
class ProductCacheTest {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Client editor = Client.editor();
    private final String sku = Client.newSku("C ö");
    private final CacheKey key = CacheKey.product(sku);
    private final List<EventMessage> misses = new CopyOnWriteArrayList<>();
    private final List<EventMessage> invalidations = new CopyOnWriteArrayList<>();
    private List<MessageConsumer<EventMessage>> listeners;

    @Inject
    RedisDataSource redis;

    @Inject
    RedisCache cache;

    @Inject
    TagVersions tagVersions;

    @Inject
    Feed feed;

    @Inject
    EventBus bus;

    @Inject
    Pool pool;

    @BeforeEach
    void createProduct() {
        listeners = List.of(listen("cache.miss", misses), listen("cache.invalid", invalidations));
        editor.create(sku);
    }

    private MessageConsumer<EventMessage> listen(String address, List<EventMessage> heard) {
        return bus.consumer(address, message -> {
            if (message.body().metadata().subject().startsWith("product:" + sku)) {
                heard.add(message.body());
            }
        });
    }

    @AfterEach
    void stopListening() {
        listeners.forEach(MessageConsumer::unregister);
    }

    private String redisKey(String of) {
        return "pms-events:cache:" + feed.id().substring(0, 8) + ":product:" + of;
    }

    private String held(String field) {
        var value = redis.execute("HGET", redisKey(sku), field);
        return value == null ? null : value.toString();
    }

    private void put(long version, long position, long mark, String json) {
        cache.put(key, new CacheEntry(version, json), new AsOf(position, mark, feed.id()))
                .await()
                .atMost(PATIENCE);
    }

    private void invalidate(long version) {
        cache.invalidate(key, version).await().atMost(PATIENCE);
    }

    private String inRedis() {
        return cache.get(key)
                .await()
                .atMost(PATIENCE)
                .map(it -> it.entry().json())
                .orElse("nothing");
    }

    private void readsName(String name) {
        readsName(sku, name);
    }

    private void readsName(String of, String name) {
        editor.read(of).then().statusCode(200).body("sku", equalTo(of)).body("name", equalTo(name));
    }

    private void rename(String of, String name) {
        sql("UPDATE product SET name = $2 WHERE sku = $1", of, name);
    }

    private void sql(String statement, Object... parameters) {
        pool.preparedQuery(statement)
                .execute(Tuple.from(List.of(parameters)))
                .await()
                .atMost(PATIENCE);
    }

    /** As another replica does: the row and its event. */
    private void changeElsewhere(String of, long version, String name) {
        sql("UPDATE product SET name = $2, version = $3 WHERE sku = $1", of, name, version);
        sql("""
                INSERT INTO event (id, type, subject, actor, trace_id, occurred_at, payload)
                VALUES (gen_random_uuid(), 'product.updated', $1, 'test', repeat('a', 32), now(), json_build_object('version', $2::bigint))
                """, of, version);
    }

    /** A product that this replica has never heard of. */
    private String createBehindTheBack() {
        var other = Client.newSku("X");
        sql("""
                INSERT INTO product SELECT $1, 'From PostgreSQL', NULL, 1, 'EUR', '{}', '{}', 'draft', 1, now(), now(), NULL
                """, other);
        return other;
    }

    private void putInRedis(String of, AsOf asOf) {
        var json = Client.product(of).replace("Lamp", "From Redis");
        cache.put(CacheKey.product(of), new CacheEntry(1, json), asOf).await().atMost(PATIENCE);
    }

    @Test
    void aNewProductIsReadFromTheProcess() {
        rename(sku, "From PostgreSQL");
        readsName("Lamp");
        assertThat(misses).isEmpty();
    }

    @Test
    void aChangeIsReadFromPostgresOnceAndThenFromTheProcess() {
        editor.patch(sku, "{\"name\":\"Table\"}").then().statusCode(200);
        readsName("Table");
        rename(sku, "From PostgreSQL");
        readsName("Table");
        await().until(() -> misses.size() == 1 && invalidations.size() == 1);
        assertThat(invalidations.get(0).payload()).contains("\"version\":2");
        assertThat(misses.get(0).metadata().traceId()).isEqualTo(editor.traceId);
        assertThat(misses.get(0).metadata().actor()).isEqualTo("edda");
        assertThat(Client.json(misses.get(0).payload()).get("key").textValue()).isEqualTo("product:" + sku);
    }

    @Test
    void aPublishedProductIsCachedAtOnceAtBothLevels() {
        editor.publish(sku).then().statusCode(200);
        await().until(() -> "2".equals(held("v")) && held("j") != null);
        assertThat(Client.json(held("j"))).isEqualTo(Client.json(editor.read(sku)));
        assertThat(misses).isEmpty();
        assertThat(redis.execute("PTTL", redisKey(sku)).toLong()).isBetween(500_000L, 660_000L);
    }

    @Test
    void whatAnotherReplicaHasChangedIsReadOnceTheFeedTellsOfIt() {
        readsName("Lamp");
        changeElsewhere(sku, 2, "Changed elsewhere");
        await().atMost(PATIENCE).untilAsserted(() -> readsName("Changed elsewhere"));
    }

    @Test
    void whatAnotherReplicaHasReadIsTakenFromRedis() {
        var other = createBehindTheBack();
        putInRedis(other, tagVersions.now());
        readsName(other, "From Redis");
        redis.execute("DEL", redisKey(other));
        readsName(other, "From Redis");
    }

    @Test
    void whatInRedisHasNotSeenTheLastChangeIsNotTaken() {
        var other = createBehindTheBack();
        var before = tagVersions.now();
        changeElsewhere(other, 2, "Changed elsewhere");
        await().until(() -> tagVersions.now().position() > before.position());
        putInRedis(other, before);
        readsName(other, "Changed elsewhere");
    }

    @Test
    void whatInRedisHasNotSeenANoticeIsNotTaken() {
        var other = createBehindTheBack();
        putInRedis(other, new AsOf(tagVersions.now().position(), 0, feed.id()));
        readsName(other, "From PostgreSQL");
    }

    @Test
    void anOlderValueInRedisIsNotTakenByAReplicaThatHasSeenANewerOne() {
        editor.publish(sku).then().statusCode(200);
        readsName("Lamp");
        redis.execute("DEL", redisKey(sku));
        cache.put(
                        key,
                        new CacheEntry(1, Client.product(sku).replace("Lamp", "Old")),
                        new AsOf(Long.MAX_VALUE / 4, Long.MAX_VALUE / 4, feed.id()))
                .await()
                .atMost(PATIENCE);
        tagVersions.noticed(key.tag(), 1);
        tagVersions.changed(key.tag(), tagVersions.now().position());
        readsName("Lamp");
    }

    @Test
    void anOlderValueNeverReplacesANewerOneInRedis() {
        put(5, 1, 1, "five");
        put(4, 2, 2, "four");
        assertThat(inRedis()).isEqualTo("five");
        put(6, 1, 1, "six");
        assertThat(inRedis()).isEqualTo("six");
        invalidate(5);
        invalidate(6);
        assertThat(inRedis()).isEqualTo("six");
        put(10, 1, 1, "ten");
        put(9, 3, 3, "nine");
        assertThat(inRedis()).isEqualTo("ten");
    }

    @Test
    void whatHasSeenLessOfTheSameVersionDoesNotReplaceWhatHasSeenMore() {
        put(5, 7, 3, "seven");
        put(5, 6, 3, "six");
        put(5, 7, 2, "two");
        assertThat(inRedis()).isEqualTo("seven");
        put(5, 8, 3, "eight");
        assertThat(inRedis()).isEqualTo("eight");
    }

    @Test
    void aSlowReaderCanNotBringBackWhatWasInvalidated() {
        put(5, 1, 1, "five");
        invalidate(6);
        assertThat(inRedis()).isEqualTo("nothing");
        put(5, 2, 2, "five");
        assertThat(inRedis()).isEqualTo("nothing");
        invalidate(3);
        put(6, 1, 1, "six");
        assertThat(inRedis()).isEqualTo("six");
    }

    @Test
    void anEmptiedRedisChangesNothingAndIsFilledAgain() {
        redis.execute("DEL", redisKey(sku));
        readsName("Lamp");
        editor.patch(sku, "{\"name\":\"Table\"}").then().statusCode(200);
        redis.execute("DEL", redisKey(sku));
        readsName("Table");
        await().until(() -> "2".equals(held("v")) && held("j") != null);
    }

    @Test
    void whatIsNoEntryInRedisIsReplaced() {
        for (var garbage : List.of(
                List.of("SET", "garbage"),
                List.of("LPUSH", "garbage"),
                List.of("HSET", "v", "garbage", "j", "{}"),
                List.of("HSET", "x", "garbage"))) {
            var other = createBehindTheBack();
            var arguments = new ArrayList<>(List.of(redisKey(other)));
            arguments.addAll(garbage.subList(1, garbage.size()));
            redis.execute(garbage.get(0), arguments.toArray(String[]::new));
            readsName(other, "From PostgreSQL");
            // Redis refuses to look for fields in what is no hash
            await(garbage.toString())
                    .ignoreExceptions()
                    .until(() -> "1".equals(String.valueOf(redis.execute("HGET", redisKey(other), "v"))));
        }
    }

    @Test
    void thatThereIsNoSuchProductIsRememberedUntilThereIsOne() {
        var later = sku + " later";
        editor.isProblem(editor.read(later), 404, "product-not-found");
        editor.isProblem(editor.read(later), 404, "product-not-found");
        await().until(() -> misses.size() == 1);
        editor.create(later);
        editor.read(later).then().statusCode(200);
        assertThat(misses).hasSize(1);
    }

    @Test
    void thatThereIsNoSuchProductIsForgottenOnceAnotherReplicaCreatesIt() {
        var later = Client.newSku("L");
        editor.isProblem(editor.read(later), 404, "product-not-found");
        sql("""
                INSERT INTO product SELECT $1, 'Created elsewhere', NULL, 1, 'EUR', '{}', '{}', 'draft', 1, now(), now(), NULL
                """, later);
        sql("""
                INSERT INTO event (id, type, subject, actor, trace_id, occurred_at, payload)
                VALUES (gen_random_uuid(), 'product.created', $1, 'test', repeat('a', 32), now(), '{"version":1}')
                """, later);
        await().atMost(PATIENCE).untilAsserted(() -> readsName(later, "Created elsewhere"));
    }

    @Test
    void thatThereIsNothingIsKeptForAShorterTime() {
        var nothing = Client.newSku("N");
        editor.isProblem(editor.read(nothing), 404, "product-not-found");
        await().until(() -> redis.execute("PTTL", redisKey(nothing)).toLong() > 0);
        assertThat(redis.execute("PTTL", redisKey(nothing)).toLong()).isLessThan(33_001);
    }

    @Test
    void aPageOfProductsIsCachedUntilAProductChanges() {
        var list = "/api/products?tag=" + Client.newSku("t");
        assertThat(editor.request().get(list).asString()).isEqualTo("{\"items\":[],\"next\":null}");
        sql("UPDATE product SET tags = ARRAY[$2::text] WHERE sku = $1", sku, list.substring(list.indexOf('=') + 1));
        assertThat(editor.request().get(list).asString()).isEqualTo("{\"items\":[],\"next\":null}");
        editor.publish(sku).then().statusCode(200);
        editor.request().get(list).then().body("items.size()", equalTo(1)).body("items[0].sku", equalTo(sku));
    }

    @Test
    void aPageOfProductsIsReadAnewOnceAnotherReplicaChangesAProduct() {
        var list = "/api/products?limit=1&q=" + sku.substring(4);
        editor.request().get(list).then().body("items[0].name", equalTo("Lamp"));
        changeElsewhere(sku, 2, "Changed elsewhere");
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> editor.request().get(list).then().body("items[0].name", equalTo("Changed elsewhere")));
    }
}
