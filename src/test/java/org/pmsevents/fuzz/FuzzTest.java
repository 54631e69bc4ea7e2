package org.pmsevents.fuzz;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.Described;
import org.pmsevents.delivery.websocket.LiveSocket;
import org.pmsevents.http.problem.RawHttp;
import org.pmsevents.http.security.Tokens;
import org.pmsevents.pms.webhook.Signatures;

/**
 * Whatever is sent, the answer is one that the API's description has: never 5xx, its schema where it succeeds, and where it fails a
 * problem whose code is described for that call. {@code -Dfuzz.seed=…} repeats a run, {@code -Dfuzz.seconds=…} makes it longer.
 */
@QuarkusTest
class FuzzTest {
    private static final Logger LOG = Logger.getLogger(FuzzTest.class);
    private static final Duration BUDGET = Duration.ofSeconds(Integer.getInteger("fuzz.seconds", 20));
    private static final long SEED = Long.getLong("fuzz.seed", System.nanoTime());
    private static final int MOST_TRIES = 20_000;
    private static final int MOST_FAULTS = 20;

    /** These are answered by the HTTP server before any code of the service, without a body. */
    private static final Set<Integer> NO_HTTP = Set.of(400, 414, 431);

    /** 4408: whoever asks for all events from the first may be too slow for them, on a machine that has much else to do. */
    private static final Set<Integer> CLOSED = Set.of(4400, 1009, 4408, 4429);

    private static final Set<String> SOCKET_ERRORS = Set.of(
            "topic-not-allowed",
            "topic-unknown",
            "resume-first",
            "id-in-use",
            "id-unknown",
            "invalid-message",
            "too-many-subscriptions");

    @TestHTTPResource("/")
    URI server;

    private final Random random = new Random(SEED);
    private final List<String> faults = new ArrayList<>();
    private Described described;
    private Nonsense nonsense;
    private String known;

    /** A request, as its bytes in ISO 8859-1. */
    private record Sent(Described.Call call, String head, byte[] body, boolean misdirected) {
        String bytes() {
            return head + new String(body, StandardCharsets.ISO_8859_1);
        }

        @Override
        public String toString() {
            var text = head + new String(body, StandardCharsets.UTF_8);
            return text.length() > 1_500 ? text.substring(0, 1_500) + "…" : text;
        }
    }

    @BeforeEach
    void prepare() {
        described = new Described(Client.json(given().get("/q/openapi?format=json")));
        nonsense = new Nonsense(random, described);
        known = Client.newSku("fuzz-");
        Client.editor().create(known);
        LOG.infof("fuzz.seed=%d", SEED);
    }

    @Test
    void everyAnswerIsDescribed() throws IOException {
        var calls = described.calls();
        var answers = new TreeMap<Integer, Integer>();
        long end = System.nanoTime() + BUDGET.toNanos();
        for (int i = 0; i < MOST_TRIES && System.nanoTime() < end && faults.size() < MOST_FAULTS; i++) {
            var sent = request(calls.get(i % calls.size()));
            var answer = RawHttp.send(server, sent.bytes());
            answers.merge(answer.status(), 1, Integer::sum);
            judge(sent, answer);
        }
        LOG.infof("fuzz.seed=%d: %s", SEED, answers);
        assertThat(faults).as("with -Dfuzz.seed=%d", SEED).isEmpty();
        // or all of it was refused at the door
        assertThat(answers).containsKeys(200, 400, 404);
    }

    private Sent request(Described.Call call) {
        boolean misdirected = nonsense.oneIn(25);
        var target = new StringBuilder(path(call));
        if (misdirected) {
            target.insert(
                    random.nextInt(target.length()),
                    nonsense.any(List.of("%zz", "%00", "//", ";x=1", "/..", "%2F", "%ff", "\\")));
        }
        target.append(query(call));
        var body = described.body(call).isMissingNode() ? new byte[0] : body(call);
        var head = new StringBuilder(call.method() + " " + target + " HTTP/1.1\r\nHost: fuzz\r\nConnection: close\r\n");
        headers(call, body, head);
        if (call.method().equals("GET")) {
            body = new byte[0];
        } else {
            head.append("Content-Length: ").append(body.length).append("\r\n");
        }
        return new Sent(call, head.append("\r\n").toString(), body, misdirected);
    }

    private String path(Described.Call call) {
        var path = call.path();
        for (var parameter : described.parameters(call, "path")) {
            var name = parameter.get("name").asText();
            var value = name.equals("sku") && !nonsense.oneIn(3)
                    ? known
                    : name.equals("location")
                            ? "fuzz-" + random.nextInt(9)
                            : nonsense.text(described.resolved(parameter.path("schema")));
            path = path.replace("{" + name + "}", encoded(value.isEmpty() || value.matches("\\.+") ? "x" : value));
        }
        return path;
    }

    private String query(Described.Call call) {
        var parameters = new ArrayList<String>();
        for (var parameter : described.parameters(call, "query")) {
            if (nonsense.oneIn(3)) {
                var schema = described.resolved(parameter.path("schema"));
                var value = schema.path("type").asText().equals("array")
                        ? nonsense.text(described.resolved(schema.path("items")))
                        : nonsense.json(schema, 0).replaceAll("^\"|\"$", "");
                parameters.add(parameter.get("name").asText() + "=" + encoded(value));
            }
        }
        if (nonsense.oneIn(20)) {
            parameters.add(nonsense.any(
                    List.of("x", "=", "a=b=c", "limit=1&limit=2", "after=", "%24=%25", "after=-1", "limit=0")));
        }
        return parameters.isEmpty() ? "" : "?" + String.join("&", parameters);
    }

    private byte[] body(Described.Call call) {
        var content = described.body(call);
        return nonsense.body(content.elements().next().path("schema"));
    }

    private void headers(Described.Call call, byte[] body, StringBuilder head) {
        var content = described.body(call);
        if (!content.isMissingNode() && !nonsense.oneIn(30)) {
            head.append("Content-Type: ").append(content.fieldNames().next()).append("\r\n");
        }
        if (call.path().startsWith("/webhooks/")) {
            sign(body, head);
        } else {
            head.append("Authorization: ")
                    .append(Tokens.bearer("fuzz", "admin"))
                    .append("\r\n");
        }
        for (var parameter : described.parameters(call, "header")) {
            var name = parameter.get("name").asText();
            if (nonsense.oneIn(6) && !name.startsWith("webhook-")) {
                head.append(name)
                        .append(": ")
                        .append(header(nonsense.text(parameter.path("schema"))))
                        .append("\r\n");
            }
        }
        if (nonsense.oneIn(15)) {
            head.append(nonsense.any(List.of(
                    "Accept: image/png\r\n",
                    "Accept: nonsense\r\n",
                    "Accept: */*;q=x\r\n",
                    "Accept-Encoding: gzip, br;q=nan\r\n",
                    "If-None-Match: W/\"1\", \"x\r\n",
                    "If-Match: *\r\n",
                    "traceparent: 00-0-0-0\r\n",
                    "Content-Encoding: gzip\r\n",
                    "Cookie: a=\"b; c\r\n",
                    "Range: bytes=0-\r\n",
                    "Expect: 100-continue\r\n",
                    "X-HTTP-Method-Override: DELETE\r\n",
                    "Last-Event-ID: -1\r\n")));
        }
    }

    private void sign(byte[] body, StringBuilder head) {
        var id = nonsense.oneIn(8)
                ? header(nonsense.any(List.of("a.b", "", "é", "x".repeat(300))))
                : UUID.randomUUID().toString();
        long now = Instant.now().getEpochSecond();
        var signature = nonsense.oneIn(8) ? "v1,nonsense" : Signatures.of(id, now, body);
        head.append("webhook-id: ").append(id).append("\r\nwebhook-timestamp: ").append(now);
        head.append("\r\nwebhook-signature: ").append(signature).append("\r\n");
    }

    /** Only what HTTP can carry there. */
    private static String header(String value) {
        return value.replaceAll("[^\\x20-\\x7e\\xa0-\\xff]", "?");
    }

    private static String encoded(String value) {
        return URLEncoder.encode(value.replace("\u0000", "0"), StandardCharsets.UTF_8)
                .replace("+", "%20");
    }

    private void judge(Sent sent, RawHttp.Answer answer) {
        if (answer.status() >= 500) {
            fault(sent, answer, "is a failure of the service");
        } else if (answer.status() >= 400) {
            judgeProblem(sent, answer);
        } else if (!sent.misdirected()) {
            judgeSuccess(sent, answer);
        }
    }

    private void judgeProblem(Sent sent, RawHttp.Answer answer) {
        if (answer.body().isEmpty() && NO_HTTP.contains(answer.status())) {
            return;
        }
        if (!"application/problem+json".equals(answer.header("content-type"))) {
            fault(sent, answer, "is no problem document");
            return;
        }
        var problem = Client.json(answer.body());
        var schema = Client.json("{\"$ref\":\"#/components/schemas/Problem\"}");
        described.faults(problem, schema).forEach(each -> fault(sent, answer, each));
        var code = problem.path("code").asText();
        var codes = described(sent, answer.status());
        if (!codes.contains(code) && !described.codesOfAnyCall().contains(code)) {
            fault(sent, answer, "has a code that is not described: only " + codes);
        }
        if (problem.path("status").asInt() != answer.status()) {
            fault(sent, answer, "says another status");
        }
    }

    /** The codes that are described for this answer. A path that was changed may be that of another call. */
    private Set<String> described(Sent sent, int status) {
        var calls = sent.misdirected()
                ? described.calls().stream()
                        .filter(call -> call.method().equals(sent.call().method()))
                        .toList()
                : List.of(sent.call());
        return calls.stream()
                .flatMap(call -> Described.codes(
                        described.answer(call, status).path("description").asText())
                        .stream())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private void judgeSuccess(Sent sent, RawHttp.Answer answer) {
        var response = described.answer(sent.call(), answer.status());
        if (response.isMissingNode()) {
            fault(sent, answer, "has a status that is not described");
            return;
        }
        JsonNode schema = response.at("/content/application~1json/schema");
        if (!schema.isMissingNode()) {
            described.faults(Client.json(answer.body()), schema).forEach(each -> fault(sent, answer, each));
        }
    }

    private void fault(Sent sent, RawHttp.Answer answer, String what) {
        if (faults.size() < MOST_FAULTS) {
            faults.add(what + "\n" + answer.status() + " " + answer.body() + "\nto\n" + sent);
        }
    }

    /** A frame is answered, or the connection is closed with a code that says what was wrong with it. */
    @Test
    void everyFrameIsAnswered() throws Exception {
        long end = System.nanoTime() + BUDGET.toNanos() / 3;
        var codes = new TreeMap<String, Integer>();
        while (System.nanoTime() < end) {
            try (var socket = LiveSocket.openWith(server.resolve("/ws"), "", Tokens.of("fuzz", "admin"))) {
                for (int i = 0; i < 80 && answered(socket, codes); i++) {
                    assertThat(faults).as("with -Dfuzz.seed=%d", SEED).isEmpty();
                }
            }
        }
        LOG.infof("fuzz.seed=%d: %s", SEED, codes);
        assertThat(codes).containsKeys("4400", "subscribed", "invalid-message");
    }

    private static final String FRAME = """
        {"type":"object","required":["op","id"],"properties":{
          "op":{"type":"string","examples":["subscribe","subscribe","unsubscribe","ping","pong"]},
          "id":{"type":"string","examples":["1","2","3"]},
          "topics":{"type":"array","items":{"type":"string","examples":["product.*","*","inventory.updated","x","admin.alert"]}},
          "subjects":{"type":"array","items":{"type":"string"}},
          "after":{"type":"integer"}}}\
        """;

    private static final List<String> GOOD_FRAMES = List.of(
            "{\"op\":\"subscribe\",\"id\":\"1\",\"topics\":[\"product.*\"]}",
            "{\"op\":\"subscribe\",\"id\":\"2\",\"topics\":[\"*\"],\"subjects\":[\"x\"],\"after\":0}",
            "{\"op\":\"unsubscribe\",\"id\":\"1\"}",
            "{\"op\":\"ping\"}");

    /** Whether the connection is still there. */
    private boolean answered(LiveSocket socket, TreeMap<String, Integer> codes) throws Exception {
        var frame = nonsense.oneIn(3)
                ? nonsense.any(GOOD_FRAMES)
                : new String(nonsense.body(Client.json(FRAME)), StandardCharsets.UTF_8);
        if (!socket.trySend(frame) || !socket.trySend("{\"op\":\"ping\"}")) {
            return closed(socket, frame, codes);
        }
        while (true) {
            var answer = socket.nextOrClosed();
            if (answer == null) {
                return closed(socket, frame, codes);
            }
            var op = answer.path("op").asText();
            if (op.equals("pong")) {
                return true;
            }
            codes.merge(op.equals("error") ? answer.path("code").asText() : op, 1, Integer::sum);
            if (op.equals("error")
                    && !SOCKET_ERRORS.contains(answer.path("code").asText())) {
                faults.add(answer + " to " + frame);
            }
        }
    }

    private boolean closed(LiveSocket socket, String frame, TreeMap<String, Integer> codes) throws Exception {
        var end = socket.closed();
        codes.merge(Integer.toString(end.code()), 1, Integer::sum);
        if (!CLOSED.contains(end.code())) {
            faults.add("closed with " + end + " after " + frame);
        }
        return false;
    }
}
