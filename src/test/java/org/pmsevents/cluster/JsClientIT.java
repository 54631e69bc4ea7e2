package org.pmsevents.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.pmsevents.client.PmsEventsClient;
import org.pmsevents.http.security.Tokens;
import org.pmsevents.jsclient.NodeProgram;

/**
 * The JavaScript client while replicas are killed and the feed begins another epoch: eight copies, half of them by server-sent events, end
 * equal to the database.
 */
@Tag("native")
@Tag("native-suffices")
class JsClientIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration SETTLED = Duration.ofSeconds(60);
    private static final List<Integer> PORTS = List.of(Cluster.freePort(), Cluster.freePort());

    /** The program's side of the conversation: a command, and its answer. */
    private static final class Copies implements AutoCloseable {
        private final Process process;
        private final Writer commands;
        private final BufferedReader answers;

        Copies(ProcessBuilder program) throws IOException {
            process = program.redirectError(ProcessBuilder.Redirect.INHERIT).start();
            commands = process.outputWriter();
            answers = process.inputReader();
        }

        JsonNode tell(String command) throws IOException {
            commands.write(command + "\n");
            commands.flush();
            var answer = answers.readLine();
            assertThat(answer).as("the program has ended").isNotNull();
            return JSON.readTree(answer);
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    private static Map<String, String> rows(JsonNode copy) {
        var rows = new HashMap<String, String>();
        copy.get("rows")
                .fields()
                .forEachRemaining(row -> rows.put(row.getKey(), row.getValue().textValue()));
        return rows;
    }

    private static void awaitRead(Copies copies, int times) {
        await(times + " states")
                .atMost(SETTLED)
                .until(() -> copies.tell("").get("reads").intValue() >= times);
    }

    @Test
    void eightCopiesEndEqualToTheDatabase() throws Exception {
        try (var cluster = new Cluster(Map.of("PMS_EVENTS_DELIVERY_HEARTBEAT", "1s"));
                var database = cluster.database()) {
            var replicas = new Replica[] {cluster.start(PORTS.get(0)), cluster.start(PORTS.get(1))};
            var addresses = List.of(replicas[0].address(), replicas[1].address());
            await().until(() -> replicas[0].isReady() && replicas[1].isReady());
            var shelf = PmsEventsClient.object().put("sku", "shelf").put("name", "Shelf");
            shelf.putObject("price").put("amount", 1).put("currency", "EUR");
            PmsEventsClient.at(addresses.get(0))
                    .token(Tokens.of("jo", "editor"))
                    .build()
                    .createProduct(shelf);
            var program = NodeProgram.of(
                    List.of(),
                    "copies.mjs",
                    addresses.stream().map(Object::toString).toList(),
                    Map.of("VIEWER", Tokens.of("jo", "viewer"), "STOCK", Tokens.of("till", "stock")));
            try (var copies = new Copies(program)) {
                try (var writers = new Writers("copied", addresses, 3)) {
                    awaitRead(copies, 4);
                    writers.awaitMore(50);
                    replicas[0].kill();
                    writers.awaitMore(20);
                    replicas[0] = cluster.start(PORTS.get(0));
                    copies.tell("more");
                    writers.awaitMore(50);
                    awaitRead(copies, 8);
                    try (var statement = database.createStatement()) {
                        statement.execute("SELECT renew_feed(false)");
                    }
                    awaitRead(copies, 16);
                    replicas[1].kill();
                    writers.awaitMore(20);
                    replicas[1] = cluster.start(PORTS.get(1));
                    writers.awaitMore(50);
                }
                var sold = copies.tell("close-till").get("sold").longValue();

                var products = cluster.pairs("SELECT sku, version || ' ' || coalesce(description, '') FROM product");
                var stock = cluster.pairs("SELECT sku || '/' || location, version || ' ' || on_hand FROM stock");
                assertThat(stock.get("shelf/main")).endsWith(" " + sold);
                await("equal copies").atMost(SETTLED).untilAsserted(() -> {
                    for (var copy : copies.tell("copies").get("copies")) {
                        assertThat(rows(copy))
                                .isEqualTo(copy.get("of").textValue().equals("stock") ? stock : products);
                    }
                });
            }
        }
    }
}
