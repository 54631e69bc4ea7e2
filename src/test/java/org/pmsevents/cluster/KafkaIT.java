package org.pmsevents.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pmsevents.Client;
import org.pmsevents.delivery.kafka.KafkaBroker;

/** Two replicas deliver to Kafka, by TLS and with a password, as to a managed cluster; one is killed, and so is the broker. */
@Tag("native")
@Tag("native-suffices")
class KafkaIT {
    private static final Duration SOON = Duration.ofSeconds(90);
    private static final String TOPIC = "stock";
    private static final int PARTITIONS = 3;
    private static final String PASSWORD = "pa$$wo${r}d";
    private static final Receipts RECEIPTS =
            new Receipts(IntStream.range(0, 6).mapToObj(i -> "logged-" + i).toList(), 15);

    @TempDir
    private static Path folder;

    private static Cluster cluster;
    private static KafkaBroker broker;

    private static String jaas(String user, String more) {
        return "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"" + user + "\" password=\""
                + PASSWORD + "\"" + more + ";";
    }

    @BeforeAll
    static void startCluster() throws SQLException, IOException {
        var certificates = Certificates.make(folder, "kafka");
        var both = Files.writeString(
                folder.resolve("kafka.pem"),
                Files.readString(certificates.key) + Files.readString(certificates.certificate));
        broker = new KafkaBroker(
                Cluster.freePort(),
                "SASL_SSL",
                """
                sasl.enabled.mechanisms=PLAIN
                sasl.mechanism.inter.broker.protocol=PLAIN
                listener.name.client.plain.sasl.jaas.config=%s
                listener.name.client.ssl.keystore.type=PEM
                listener.name.client.ssl.keystore.location=%s
                listener.name.client.ssl.truststore.type=PEM
                listener.name.client.ssl.truststore.location=%s
                """.formatted(
                                jaas("broker", " user_broker=\"" + PASSWORD + "\" user_service=\"" + PASSWORD + "\""),
                                both,
                                certificates.certificate),
                Map.of(
                        "sasl.mechanism",
                        "PLAIN",
                        "sasl.jaas.config",
                        jaas("service", ""),
                        "ssl.truststore.type",
                        "PEM",
                        "ssl.truststore.location",
                        certificates.certificate.toString()));
        cluster = new Cluster(Map.of(
                "KAFKA_BOOTSTRAP_SERVERS",
                broker.address(),
                "KAFKA_SECURITY_PROTOCOL",
                "SASL_SSL",
                "KAFKA_SASL_MECHANISM",
                "PLAIN",
                "KAFKA_SASL_JAAS_CONFIG",
                jaas("service", ""),
                "KAFKA_SSL_TRUSTSTORE_TYPE",
                "PEM",
                "KAFKA_SSL_TRUSTSTORE_LOCATION",
                certificates.certificate.toString()));
    }

    @AfterAll
    static void stopCluster() throws SQLException, IOException {
        try {
            if (cluster != null) {
                cluster.close();
            }
        } finally {
            broker.close();
        }
    }

    private static long onHand(ConsumerRecord<String, byte[]> each) {
        return Client.json(new String(each.value(), StandardCharsets.UTF_8))
                .at("/payload/onHand")
                .longValue();
    }

    private static String id(ConsumerRecord<String, byte[]> each) {
        return new String(each.headers().lastHeader("ce_id").value(), StandardCharsets.UTF_8);
    }

    @Test
    void nothingIsMissedAndSkusStayInOrderWhenAReplicaAndTheBrokerAreKilled() {
        try (var first = cluster.start(0);
                var second = cluster.start(0)) {
            broker.createTopic(TOPIC, PARTITIONS, Map.of());
            await().atMost(SOON).until(() -> first.isReady() && second.isReady());
            RECEIPTS.createProducts(first);
            // three subscriptions: each replica has one at least
            for (int i = 0; i < 3; i++) {
                Receipts.at(first)
                        .body("{\"name\":\"k" + i
                                + "\",\"types\":[\"inventory.updated\"],\"start\":\"now\",\"delivery\":"
                                + "{\"kind\":\"kafka\",\"topic\":\"" + TOPIC + "\"}}")
                        .post("/api/subscriptions")
                        .then()
                        .statusCode(201);
            }
            RECEIPTS.book(first);
            await().atMost(SOON).until(() -> broker.read(TOPIC, PARTITIONS).size() >= RECEIPTS.rounds());
            broker.kill();
            first.kill();
            broker.start();
            RECEIPTS.book(second);
            int expected = 2 * RECEIPTS.events();
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(broker.read(TOPIC, PARTITIONS).stream()
                                    .map(KafkaIT::id)
                                    .distinct()
                                    .count())
                            .isEqualTo(expected));
            // each of the three has delivered each of them
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(
                                    Client.json(Receipts.at(second).get("/api/subscriptions"))
                                            .get("items"))
                            .allSatisfy(each -> {
                                assertThat(each.get("lag").longValue()).isZero();
                                assertThat(each.get("held").longValue()).isZero();
                            }));
            var all = broker.read(TOPIC, PARTITIONS);
            assertThat(all).hasSizeGreaterThanOrEqualTo(3 * expected);
            for (var sku : RECEIPTS.skus()) {
                var ids = new HashSet<String>();
                assertThat(all.stream()
                                .filter(each -> each.key().equals(sku) && ids.add(id(each)))
                                .map(KafkaIT::onHand))
                        .hasSize(2 * RECEIPTS.rounds())
                        .isSorted();
            }
        }
    }
}
