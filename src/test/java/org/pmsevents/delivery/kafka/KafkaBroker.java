package org.pmsevents.delivery.kafka;

import static org.pmsevents.Waiting.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.pmsevents.cluster.Cluster;

/** A real broker (KRaft, one node) in a process of its own, which can be killed and started again where it was, with what it has stored. */
public final class KafkaBroker implements AutoCloseable {
    private static final Duration SOON = Duration.ofSeconds(120);

    private final Path folder;
    private final int port;
    private final Map<String, Object> client;
    private Process process;

    /** One that takes everybody. */
    public KafkaBroker(int port) {
        this(port, "PLAINTEXT", "", Map.of());
    }

    /**
     * @param protocol of its clients, such as {@code SASL_SSL}
     * @param more settings of the broker
     * @param client what a client is told beside its address
     */
    public KafkaBroker(int port, String protocol, String more, Map<String, String> client) {
        this.port = port;
        this.client = new HashMap<>(client);
        this.client.put("bootstrap.servers", address());
        this.client.put("security.protocol", protocol);
        int controller = Cluster.freePort();
        try {
            folder = Files.createTempDirectory("kafka");
            Files.writeString(folder.resolve("server.properties"), """
                    process.roles=broker,controller
                    node.id=1
                    controller.quorum.voters=1@127.0.0.1:%2$d
                    listeners=CLIENT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
                    advertised.listeners=CLIENT://localhost:%1$d
                    listener.security.protocol.map=CLIENT:%3$s,CONTROLLER:PLAINTEXT
                    controller.listener.names=CONTROLLER
                    inter.broker.listener.name=CLIENT
                    log.dirs=%4$s
                    auto.create.topics.enable=false
                    offsets.topic.replication.factor=1
                    transaction.state.log.replication.factor=1
                    transaction.state.log.min.isr=1
                    log.cleaner.enable=false
                    %5$s
                    """.formatted(
                            port, controller, protocol, folder.resolve("data"), more));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start();
        Runtime.getRuntime().addShutdownHook(new Thread(this::kill));
    }

    public String address() {
        return "localhost:" + port;
    }

    public void start() {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        try {
            process = new ProcessBuilder(
                            java,
                            "-Xmx256m",
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            BrokerMain.class.getName(),
                            folder.resolve("server.properties").toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(
                            folder.resolve("log").toFile()))
                    .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@code kill -9}. */
    public void kill() {
        process.destroyForcibly();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What a client is told. */
    public Map<String, Object> client() {
        return Map.copyOf(client);
    }

    /** Waits for the broker. */
    public void createTopic(String name, int partitions, Map<String, String> settings) {
        await().atMost(SOON)
                .ignoreExceptionsMatching(failure -> process.isAlive())
                .until(() -> exists(new NewTopic(name, partitions, (short) 1).configs(settings)));
    }

    /** Once it has been asked for it may be there, though the answer came too late. */
    private boolean exists(NewTopic topic) throws Exception {
        try (var admin = Admin.create(client)) {
            admin.createTopics(List.of(topic)).all().get(10, TimeUnit.SECONDS);
            return true;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TopicExistsException) {
                return true;
            }
            throw e;
        }
    }

    public void change(String topic, String setting, String value)
            throws ExecutionException, InterruptedException, java.util.concurrent.TimeoutException {
        try (var admin = Admin.create(client)) {
            var of = new ConfigResource(ConfigResource.Type.TOPIC, topic);
            var set = new AlterConfigOp(new ConfigEntry(setting, value), AlterConfigOp.OpType.SET);
            admin.incrementalAlterConfigs(Map.of(of, List.of(set))).all().get(10, TimeUnit.SECONDS);
        }
    }

    /** All that a topic has, each partition in its order, the partitions one after the other. */
    public List<ConsumerRecord<String, byte[]>> read(String topic, int partitions) {
        var settings = new HashMap<>(client);
        settings.put("group.id", "test-" + UUID.randomUUID());
        settings.put("enable.auto.commit", "false");
        var found = new ArrayList<ConsumerRecord<String, byte[]>>();
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
            var all = IntStream.range(0, partitions)
                    .mapToObj(each -> new TopicPartition(topic, each))
                    .toList();
            consumer.assign(all);
            consumer.seekToBeginning(all);
            var ends = consumer.endOffsets(all);
            long until = System.nanoTime() + SOON.toNanos();
            while (all.stream().anyMatch(each -> consumer.position(each) < ends.get(each))) {
                if (System.nanoTime() - until > 0) {
                    throw new IllegalStateException("the broker gives no more of " + topic);
                }
                consumer.poll(Duration.ofMillis(100)).forEach(found::add);
            }
        }
        found.sort(java.util.Comparator.<ConsumerRecord<String, byte[]>>comparingInt(ConsumerRecord::partition)
                .thenComparingLong(ConsumerRecord::offset));
        return found;
    }

    @Override
    public void close() {
        kill();
        try (var files = Files.walk(folder)) {
            files.sorted(java.util.Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
