package org.pmsevents.delivery.kafka;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.producer.ProducerConfig;

/** The settings of the producer: those of the environment, without what would break a promise. */
final class ProducerSettings {
    /** How long Kafka may take for an event that it was given. */
    static final Duration DELIVERY = Duration.ofSeconds(10);

    private static final Duration REQUEST = Duration.ofSeconds(5);
    private static final Duration CONNECT = Duration.ofSeconds(3);

    /** Would send events of a key to several partitions, or only within transactions; or are for consumers, and put there by Quarkus. */
    private static final Set<String> LEFT_OUT = Set.of(
            ProducerConfig.PARTITIONER_CLASS_CONFIG,
            ProducerConfig.PARTITIONER_IGNORE_KEYS_CONFIG,
            ProducerConfig.TRANSACTIONAL_ID_CONFIG,
            ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG,
            ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG,
            CommonClientConfigs.GROUP_ID_CONFIG);

    /** Acknowledged by all replicas in sync, in order, without repeats by the producer itself, and within {@link #DELIVERY}. */
    private static final Map<String, Object> FIXED = Map.of(
            ProducerConfig.ACKS_CONFIG,
            "all",
            ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
            true,
            ProducerConfig.RETRIES_CONFIG,
            Integer.MAX_VALUE,
            ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION,
            5,
            ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
            (int) DELIVERY.toMillis(),
            ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
            (int) REQUEST.toMillis(),
            // what can't be taken at once is refused at once, and given again: see KafkaCluster
            ProducerConfig.MAX_BLOCK_MS_CONFIG,
            0);

    /** An event waits for no other one; nothing is reported elsewhere; a broker that does not answer is given up for another one. */
    private static final Map<String, Object> DEFAULTS = Map.of(
            ProducerConfig.CLIENT_ID_CONFIG,
            "pms-events",
            ProducerConfig.LINGER_MS_CONFIG,
            0,
            ProducerConfig.METRIC_REPORTER_CLASSES_CONFIG,
            "",
            ProducerConfig.ENABLE_METRICS_PUSH_CONFIG,
            false,
            ProducerConfig.SOCKET_CONNECTION_SETUP_TIMEOUT_MS_CONFIG,
            CONNECT.toMillis(),
            ProducerConfig.SOCKET_CONNECTION_SETUP_TIMEOUT_MAX_MS_CONFIG,
            REQUEST.toMillis());

    private ProducerSettings() {}

    /** Whether a cluster is named. */
    static boolean nameACluster(Map<String, Object> given) {
        return given.get(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG) instanceof String servers && !servers.isBlank();
    }

    static Map<String, Object> of(Map<String, Object> given) {
        var settings = new HashMap<>(DEFAULTS);
        given.forEach((name, value) -> {
            if (!LEFT_OUT.contains(name)) {
                settings.put(name, value);
            }
        });
        settings.putAll(FIXED);
        return settings;
    }
}
