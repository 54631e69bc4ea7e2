package org.pmsevents.delivery.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

@Pure
class ProducerSettingsTest {
    @Test
    void kafkaIsOffUnlessAClusterIsNamed() {
        assertThat(ProducerSettings.nameACluster(Map.of())).isFalse();
        // what Kubernetes tells of a service named kafka
        assertThat(ProducerSettings.nameACluster(Map.of("port", "tcp://10.0.0.7:9092")))
                .isFalse();
        assertThat(ProducerSettings.nameACluster(Map.of("bootstrap.servers", " ")))
                .isFalse();
        assertThat(ProducerSettings.nameACluster(Map.of("bootstrap.servers", "broker:9092")))
                .isTrue();
    }

    @Test
    void noSettingBreaksAPromise() {
        var given = new HashMap<String, Object>();
        given.put("bootstrap.servers", "127.0.0.1:1");
        given.put("acks", "0");
        given.put("enable.idempotence", "false");
        given.put("retries", "0");
        given.put("delivery.timeout.ms", "600000");
        given.put("max.block.ms", "60000");
        given.put("partitioner.ignore.keys", "true");
        given.put("partitioner.class", "org.apache.kafka.clients.producer.RoundRobinPartitioner");
        given.put("transactional.id", "mine");
        given.put("group.id", "pms-events");
        given.put("compression.type", "gzip");
        var settings = ProducerSettings.of(given);
        assertThat(settings)
                .containsEntry("acks", "all")
                .containsEntry("enable.idempotence", true)
                .containsEntry("delivery.timeout.ms", 10_000)
                .containsEntry("max.block.ms", 0)
                .containsEntry("compression.type", "gzip")
                .doesNotContainKeys("partitioner.ignore.keys", "partitioner.class", "transactional.id", "group.id");
        close(settings);
    }

    @Test
    void theSettingsOfAManagedClusterMakeAProducer() {
        close(
                ProducerSettings.of(
                        Map.of(
                                "bootstrap.servers",
                                "127.0.0.1:1",
                                "security.protocol",
                                "SASL_SSL",
                                "sasl.mechanism",
                                "PLAIN",
                                "sasl.jaas.config",
                                "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"key\" password=\"secret\";")));
        close(
                ProducerSettings.of(
                        Map.of(
                                "bootstrap.servers",
                                "127.0.0.1:1",
                                "security.protocol",
                                "SASL_SSL",
                                "sasl.mechanism",
                                "SCRAM-SHA-512",
                                "sasl.jaas.config",
                                "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"me\" password=\"secret\";")));
    }

    private static void close(Map<String, Object> settings) {
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer()).close(Duration.ZERO);
    }
}
