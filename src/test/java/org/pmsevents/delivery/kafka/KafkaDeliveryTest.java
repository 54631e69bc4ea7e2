package org.pmsevents.delivery.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.cloudevents.kafka.KafkaMessageFactory;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.Response;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.eclipse.microprofile.config.ConfigProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.cluster.Cluster;
import org.pmsevents.delivery.webhook.SoonAgain;

@QuarkusTest
@TestProfile(KafkaDeliveryTest.WithACluster.class)
class KafkaDeliveryTest {
    private static final Client OPERATOR = Client.of("olga", "operator");
    private static final String SUBSCRIPTIONS = "/api/subscriptions";
    private static final int PARTITIONS = 3;
    private static final Duration SOON = Duration.ofSeconds(60);

    private static KafkaBroker broker;

    private final MeterRegistry meters;
    private final List<String> made = new ArrayList<>();
    private final Client stock = Client.of("stan", "editor", "stock");

    KafkaDeliveryTest(MeterRegistry meters) {
        this.meters = meters;
    }

    /** Named before there is a broker: nothing waits for one until there is something to send. */
    public static final class WithACluster extends SoonAgain {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of("kafka.bootstrap.servers", "localhost:" + Cluster.freePort());
        }
    }

    @BeforeAll
    static void startBroker() {
        var address = ConfigProvider.getConfig().getValue("kafka.bootstrap.servers", String.class);
        broker = new KafkaBroker(Integer.parseInt(address.substring(address.indexOf(':') + 1)));
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    @AfterEach
    void delete() {
        made.forEach(id -> OPERATOR.request().delete(SUBSCRIPTIONS + "/" + id));
    }

    private static String newTopic(Map<String, String> settings) {
        var topic = "topic-" + UUID.randomUUID();
        broker.createTopic(topic, PARTITIONS, settings);
        return topic;
    }

    private static Response create(String topic, String types, String... skus) {
        return OPERATOR.request(("{'name':'test-" + UUID.randomUUID() + "','types':['" + types
                                + "'],'start':'now','subjects':['" + String.join("','", skus)
                                + "'],'delivery':{'kind':'kafka','topic':'" + topic + "'}}")
                        .replace('\'', '"'))
                .post(SUBSCRIPTIONS);
    }

    private JsonNode subscribe(String topic, String types, String... skus) {
        var created = create(topic, types, skus);
        assertThat(created.statusCode()).as(created.asString()).isEqualTo(201);
        var subscription = Client.json(created);
        made.add(subscription.get("id").textValue());
        return subscription;
    }

    private static String path(JsonNode subscription) {
        return SUBSCRIPTIONS + "/" + subscription.get("id").textValue();
    }

    private static JsonNode read(JsonNode subscription) {
        return Client.json(OPERATOR.request().get(path(subscription)));
    }

    private static JsonNode tested(JsonNode subscription) {
        return Client.json(OPERATOR.request().post(path(subscription) + "/test"));
    }

    private String[] newSkus(int count) {
        var skus = new String[count];
        for (int i = 0; i < count; i++) {
            skus[i] = Client.newSku("kafka-");
            stock.create(skus[i]);
        }
        return skus;
    }

    private static JsonNode json(ConsumerRecord<String, byte[]> each) {
        return Client.json(new String(each.value(), StandardCharsets.UTF_8));
    }

    private static String header(ConsumerRecord<String, byte[]> each, String name) {
        return new String(each.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
    }

    /** The versions of a SKU, by the first arrival of each event. */
    private static List<Long> versions(List<ConsumerRecord<String, byte[]>> all, String sku) {
        var ids = new HashSet<String>();
        return all.stream()
                .filter(each -> each.key().equals(sku) && ids.add(header(each, "ce_id")))
                .map(each -> json(each).at("/payload/version").longValue())
                .toList();
    }

    private double failedAttempts() {
        return meters.counter("pms.subscriptions.deliveries", "outcome", "failed")
                .count();
    }

    @Test
    void anEventIsARecordThatTheCloudEventsSdkReads() {
        var topic = newTopic(Map.of());
        var sku = newSkus(1)[0];
        var subscription = subscribe(topic, "inventory.updated", sku);
        assertThat(subscription.get("secret").isNull()).isTrue();
        assertThat(subscription.get("delivery"))
                .isEqualTo(Client.json("{\"kind\":\"kafka\",\"topic\":\"" + topic + "\"}"));
        stock.adjust(sku, 5);
        await().atMost(SOON).until(() -> !broker.read(topic, PARTITIONS).isEmpty());
        var came = broker.read(topic, PARTITIONS).get(0);
        var event = stock.events(0, sku, 2).get(1);
        assertThat(came.key()).isEqualTo(sku);
        assertThat(json(came)).isEqualTo(event);
        assertThat(header(came, "content-type")).isEqualTo("application/json");
        assertThat(header(came, "traceparent"))
                .contains(event.at("/metadata/traceId").textValue());

        var cloud = KafkaMessageFactory.createReader(came).toEvent();
        assertThat(cloud.getSpecVersion()).hasToString("1.0");
        assertThat(cloud.getId()).isEqualTo(event.at("/metadata/id").textValue());
        assertThat(cloud.getSource().toString()).startsWith("/feeds/");
        assertThat(cloud.getType()).isEqualTo("org.pmsevents.inventory.updated");
        assertThat(cloud.getSubject()).isEqualTo(sku);
        assertThat(cloud.getDataContentType()).isEqualTo("application/json");
        assertThat(cloud.getTime())
                .isEqualTo(java.time.OffsetDateTime.parse(
                        event.at("/metadata/timestamp").textValue()));
        assertThat(cloud.getExtension("sequence"))
                .isEqualTo("%020d".formatted(event.at("/metadata/position").longValue()));
        assertThat(cloud.getData().toBytes()).isEqualTo(came.value());

        await().until(() -> read(subscription).get("lastSuccessAt").isTextual());
        var attempts = Client.json(OPERATOR.request().get(path(subscription) + "/attempts"))
                .get("items");
        assertThat(attempts.get(0).get("answer").textValue())
                .isEqualTo("partition " + came.partition() + ", offset " + came.offset());
        assertThat(OPERATOR.request()
                        .post(path(subscription) + "/rotate-secret")
                        .statusCode())
                .isEqualTo(409);
    }

    @Test
    void aTestMessageIsSentAndATopicThatIsMissingIsNamed() {
        var topic = newTopic(Map.of());
        var sku = newSkus(1)[0];
        var good = tested(subscribe(topic, "inventory.updated", sku));
        assertThat(good.get("delivered").booleanValue()).as(good.toString()).isTrue();
        assertThat(good.get("answer").textValue()).startsWith("partition ");
        var came = broker.read(topic, PARTITIONS).get(0);
        assertThat(KafkaMessageFactory.createReader(came).toEvent().getType())
                .isEqualTo("org.pmsevents.subscription.test");

        var missing = subscribe("no-such-topic", "inventory.updated", sku);
        stock.adjust(sku, 1);
        // the one does not wait for the other
        await().until(() -> broker.read(topic, PARTITIONS).size() == 2);
        var bad = tested(missing);
        assertThat(bad.get("delivered").booleanValue()).isFalse();
        assertThat(bad.get("error").textValue()).isEqualTo("The cluster has no topic no-such-topic.");
        assertThat(bad.get("millis").longValue()).isLessThan(15_000);
        await().until(() -> read(missing).get("lastError").isTextual());
        broker.createTopic("no-such-topic", PARTITIONS, Map.of());
        await().atMost(SOON)
                .until(() -> !broker.read("no-such-topic", PARTITIONS).isEmpty());
    }

    @Test
    void aTopicIsNamedAsKafkaTakesIt() {
        for (var bad : List.of("", "a topic", "..", "t".repeat(250), "größe")) {
            var refused = create(bad, "inventory.updated", "A");
            assertThat(refused.statusCode()).as(bad).isEqualTo(400);
            assertThat(Client.json(refused).at("/violations/0/pointer").textValue())
                    .isEqualTo("/delivery/topic");
        }
    }

    @Test
    void anEventThatIsTooLargeHoldsUpItsOwnSkuOnlyAndIsNamed() throws Exception {
        var topic = newTopic(Map.of("max.message.bytes", "4000"));
        var skus = newSkus(2);
        var subscription = subscribe(topic, "*", skus);
        stock.patch(skus[0], "{\"description\":\"" + "long ".repeat(1_500) + "\"}");
        stock.patch(skus[0], "{\"description\":\"short\"}");
        for (int i = 0; i < 5; i++) {
            stock.adjust(skus[1], 1);
        }
        await().atMost(SOON)
                .until(() -> versions(broker.read(topic, PARTITIONS), skus[1]).size() == 5);
        assertThat(versions(broker.read(topic, PARTITIONS), skus[0])).isEmpty();
        await().until(() -> read(subscription).get("held").intValue() == 2);
        var large = stock.events(0, skus[0], 3).get(1);
        await().until(() -> read(subscription)
                .get("lastError")
                .asText()
                .contains(large.at("/metadata/id").textValue()));
        assertThat(read(subscription).get("lastError").textValue()).contains(skus[0], "RecordTooLarge");

        broker.change(topic, "max.message.bytes", "1000000");
        await().atMost(SOON)
                .until(() -> versions(broker.read(topic, PARTITIONS), skus[0]).size() == 2);
        await().until(() -> read(subscription).get("held").intValue() == 0);
    }

    @Test
    void everySkuStaysInOrderAndNothingIsLostWhenTheBrokerIsKilledAndStartedAgain() throws InterruptedException {
        var topic = newTopic(Map.of());
        var skus = newSkus(6);
        var subscription = subscribe(topic, "inventory.updated", skus);
        var failedBefore = failedAttempts();
        var rounds = new HashMap<String, Integer>();
        var goesOn = new AtomicBoolean(true);
        var writer = new Thread(() -> {
            while (goesOn.get()) {
                for (var sku : skus) {
                    stock.adjust(sku, 1);
                    rounds.merge(sku, 1, Integer::sum);
                }
            }
        });
        writer.start();
        try {
            await().atMost(SOON).until(() -> broker.read(topic, PARTITIONS).size() > 20);
            broker.kill();
            // until it is noticed, or the producer has tried for long enough to give one up
            await().atMost(SOON).until(() -> failedAttempts() > failedBefore);
            broker.start();
            await().atMost(SOON)
                    .until(() -> read(subscription).get("held").intValue() == 0
                            && read(subscription).get("lastSuccessAt").isTextual());
        } finally {
            goesOn.set(false);
            writer.join(TimeUnit.SECONDS.toMillis(30));
        }
        int expected = rounds.values().stream().mapToInt(each -> each).sum();
        await().atMost(SOON)
                .untilAsserted(() -> assertThat(broker.read(topic, PARTITIONS).stream()
                                .map(each -> header(each, "ce_id"))
                                .distinct()
                                .count())
                        .isEqualTo(expected));
        var all = broker.read(topic, PARTITIONS);
        for (var sku : skus) {
            assertThat(versions(all, sku)).hasSize(rounds.get(sku)).isSorted();
            assertThat(all.stream()
                            .filter(each -> each.key().equals(sku))
                            .map(ConsumerRecord::partition)
                            .distinct())
                    .hasSize(1);
        }
        // what comes twice was given up before
        assertThat((double) all.size() - expected).isLessThanOrEqualTo(failedAttempts() - failedBefore);
    }
}
