package org.pmsevents.delivery.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.cloudevents.CloudEvent;
import io.cloudevents.core.provider.EventFormatProvider;
import io.cloudevents.http.HttpMessageFactory;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;

/** What is posted is read and verified by the libraries that receivers use. That of Java for signatures is in {@link SubscriptionsTest}. */
@QuarkusTest
@TestProfile(SoonAgain.class)
class PublishedLibrariesTest {
    private static final Client OPERATOR = Client.of("olga", "operator");
    private static final Path NODE = Path.of("target", "receiver-in-node");

    /** The library of npm: each request has to verify, and none that was changed on its way. */
    private static final String VERIFY = """
            const { Webhook } = require('standardwebhooks');
            const calls = JSON.parse(require('fs').readFileSync(process.argv[2], 'utf8'));
            for (const { secret, headers, body } of calls) {
              const webhook = new Webhook(secret);
              const event = webhook.verify(body, headers);
              console.log(event.metadata ? event.metadata.id : event.id);
              for (const wrong of [[body + ' ', headers], [body, { ...headers, 'webhook-id': 'another' }]]) {
                let refused = false;
                try { webhook.verify(...wrong); } catch { refused = true; }
                if (!refused) throw new Error('what was changed is accepted');
              }
            }
            """;

    private final Client stock = Client.of("stan", "editor", "stock");
    private final List<String> made = new ArrayList<>();

    @AfterEach
    void delete() {
        made.forEach(id -> OPERATOR.request().delete("/api/subscriptions/" + id));
    }

    private JsonNode subscribe(Receiver receiver, String more, String sku) {
        var created = Client.json(OPERATOR.request(("{'name':'library-" + UUID.randomUUID()
                                + "','types':['*'],'start':'now','subjects':['" + sku
                                + "'],'delivery':{'kind':'webhook','url':'" + receiver.url() + "'" + more + "}}")
                        .replace('\'', '"'))
                .post("/api/subscriptions"));
        made.add(created.get("id").textValue());
        return created;
    }

    private String newSku() {
        var sku = Client.newSku("Ünï-");
        stock.create(sku);
        return sku;
    }

    private static void assertIsEvent(CloudEvent cloud, JsonNode event) {
        assertThat(cloud.getSpecVersion()).hasToString("1.0");
        assertThat(cloud.getId()).isEqualTo(event.at("/metadata/id").textValue());
        assertThat(cloud.getSource().toString()).startsWith("/feeds/");
        assertThat(cloud.getType())
                .isEqualTo("org.pmsevents." + event.get("type").textValue());
        assertThat(cloud.getSubject()).isEqualTo(event.at("/metadata/subject").textValue());
        assertThat(cloud.getTime())
                .isEqualTo(OffsetDateTime.parse(event.at("/metadata/timestamp").textValue()));
        assertThat(cloud.getDataContentType()).isEqualTo("application/json");
        assertThat(cloud.getExtension("sequence"))
                .isEqualTo("%020d".formatted(event.at("/metadata/position").longValue()));
        assertThat(Client.json(new String(cloud.getData().toBytes(), StandardCharsets.UTF_8)))
                .isEqualTo(event);
    }

    @Test
    void theCloudEventsSdkReadsWhatIsSentInStructuredMode() {
        try (var receiver = new Receiver()) {
            var sku = newSku();
            subscribe(receiver, ",'format':'cloudevents'", sku);
            stock.adjust(sku, 1);
            await().until(() -> receiver.calls().size() == 1);
            var call = receiver.calls().get(0);
            var cloud = HttpMessageFactory.createReaderFromMultimap(
                            call.headers(), call.body().getBytes(StandardCharsets.UTF_8))
                    .toEvent();
            assertIsEvent(cloud, stock.events(0, sku, 2).get(1));
        }
    }

    @Test
    void theCloudEventsSdkReadsEachEventOfABatch() {
        try (var receiver = new Receiver()) {
            var sku = newSku();
            subscribe(receiver, ",'format':'cloudevents','batch':10", sku);
            for (int i = 0; i < 3; i++) {
                stock.adjust(sku, 1);
            }
            var format = EventFormatProvider.getInstance().resolveFormat("application/cloudevents+json");
            await().until(() -> receiver.calls().stream()
                            .mapToInt(call -> call.json().size())
                            .sum()
                    == 3);
            var events = stock.events(0, sku, 4).subList(1, 4).iterator();
            receiver.calls()
                    .forEach(call -> call.json()
                            .forEach(each -> assertIsEvent(
                                    format.deserialize(each.toString().getBytes(StandardCharsets.UTF_8)),
                                    events.next())));
        }
    }

    @Test
    void theLibraryOfNpmVerifiesWhatIsSigned() throws IOException, InterruptedException {
        assumeTrue(hasLibrary(), "no Node with npm here, or npm can't fetch standardwebhooks: NOT checked with it");
        try (var receiver = new Receiver()) {
            var sku = newSku();
            var subscription = subscribe(receiver, "", sku);
            stock.adjust(sku, 1);
            await().until(() -> receiver.calls().size() == 1);
            var rotated = Client.json(OPERATOR.request()
                    .post("/api/subscriptions/" + subscription.get("id").textValue() + "/rotate-secret"));
            OPERATOR.request()
                    .post("/api/subscriptions/" + subscription.get("id").textValue() + "/test");
            var calls = JsonNodeFactory.instance.arrayNode();
            var former = subscription.get("secret").textValue();
            add(calls, former, receiver.calls().get(0));
            // both sign what was sent after the change
            add(calls, former, receiver.calls().get(1));
            add(calls, rotated.get("secret").textValue(), receiver.calls().get(1));

            Files.writeString(NODE.resolve("verify.js"), VERIFY);
            Files.writeString(NODE.resolve("calls.json"), calls.toString());
            var output = run("node", "verify.js", "calls.json");
            assertThat(output.lines())
                    .containsExactly(
                            receiver.calls().get(0).header("webhook-id"),
                            receiver.calls().get(1).header("webhook-id"),
                            receiver.calls().get(1).header("webhook-id"));
        }
    }

    private static void add(com.fasterxml.jackson.databind.node.ArrayNode calls, String secret, Receiver.Call call) {
        var headers =
                calls.addObject().put("secret", secret).put("body", call.body()).putObject("headers");
        List.of("webhook-id", "webhook-timestamp", "webhook-signature")
                .forEach(name -> headers.put(name, call.header(name)));
    }

    private static boolean hasLibrary() throws InterruptedException {
        try {
            Files.createDirectories(NODE);
            if (!Files.exists(NODE.resolve("node_modules/standardwebhooks"))) {
                run(
                        "npm",
                        "install",
                        "--prefix",
                        ".",
                        "--silent",
                        "--no-audit",
                        "--no-fund",
                        "--no-package-lock",
                        "standardwebhooks@1");
            }
            run("node", "--version");
            return true;
        } catch (IOException | AssertionError e) {
            return false;
        }
    }

    private static String run(String... command) throws IOException, InterruptedException {
        var said = NODE.resolve("said").toFile();
        var process = new ProcessBuilder(command)
                .directory(NODE.toFile())
                .redirectErrorStream(true)
                .redirectOutput(said)
                .start();
        process.getOutputStream().close();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        var output = Files.readString(said.toPath());
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
