package org.pmsevents.transfer.imports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.pmsevents.Waiting.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.http.security.Tokens;

/** Files are sent, worked off, and told about, over HTTP. */
@QuarkusTest
class ImportTest {
    private static final String HEADER = "sku,name,price,currency";

    @TestHTTPResource("/")
    URI server;

    private final Client editor = Client.editor();
    private final Client stock = Client.of("stella", "stock");
    private final Client both = Client.of("bo", "editor", "stock");

    private static Response send(Client client, String query, byte[] file, String type) {
        return client.request().contentType(type).body(file).post("/api/imports?" + query);
    }

    private static JsonNode sent(Client client, String query, String file) {
        var answer = send(client, query, file.getBytes(StandardCharsets.UTF_8), "text/csv");
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(202);
        var id = Client.json(answer).get("id").asText();
        assertThat(answer.header("Location")).endsWith("/api/imports/" + id);
        return ended(client, id);
    }

    private static JsonNode read(Client client, String id) {
        return Client.json(client.request().get("/api/imports/" + id));
    }

    private static JsonNode ended(Client client, String id) {
        await("end of import " + id)
                .atMost(Duration.ofSeconds(60))
                .until(() -> !read(client, id).get("finishedAt").isNull());
        return read(client, id);
    }

    private static String counts(JsonNode done) {
        return List.of("state", "read", "created", "updated", "unchanged", "rejected", "duplicates").stream()
                .map(name -> done.get(name).asText())
                .collect(Collectors.joining(" "));
    }

    private static String rejected(Client client, JsonNode done, String query) {
        return client.request()
                .get("/api/imports/" + done.get("id").asText() + "/rejected" + query)
                .asString();
    }

    @Test
    void productsOfAFileAreCreatedChangedAndLeft() {
        var a = Client.newSku("imp-");
        var b = Client.newSku("imp-");
        var first = sent(editor, "kind=products", HEADER + ",tags\n" + a + ",Tea,1.50,EUR,x|y\n" + b + ",Mug,8,EUR,\n");
        assertThat(counts(first)).isEqualTo("completed 2 2 0 0 0 0");
        assertThat(first.at("/format/separator").asText()).isEqualTo("comma");
        var second = sent(
                editor,
                "kind=products",
                "sku;name;price;currency\n" + a + ";Green tea;1.50;EUR\n" + b + ";Mug;8;EUR\n");
        assertThat(counts(second)).isEqualTo("completed 2 0 1 1 0 0");
        var product = Client.json(editor.read(a));
        assertThat(product.get("name").asText()).isEqualTo("Green tea");
        assertThat(product.get("tags"))
                .as("what the file has no column for stays")
                .hasSize(2);
        assertThat(product.at("/price/amount").toString()).isEqualTo("1.50");
    }

    @Test
    void pricesAloneAreUpdated() {
        var sku = Client.newSku("imp-");
        editor.create(sku);
        var done = sent(editor, "kind=products&mode=update", "sku,price\n" + sku + ",13.75\n" + sku + "x,1\n");
        assertThat(counts(done)).isEqualTo("completed 2 0 1 0 1 0");
        var product = Client.json(editor.read(sku));
        assertThat(product.at("/price/amount").toString()).isEqualTo("13.75");
        assertThat(product.get("name").asText()).isEqualTo("Lamp");
    }

    @Test
    void refusedLinesComeBackAsTheyWereAndCanBeSentAgain() {
        var sku = Client.newSku("imp-");
        var file = "sku;name;price;currency\n" + sku + "-1;Tea;1;EUR\n" + sku + "-2;;1;EUR\n" + sku
                + "-3;\"Big;\nmug\";1,5;EUR\n" + sku + "-4;short\n";
        var done = sent(editor, "kind=products", file);
        assertThat(counts(done)).isEqualTo("completed 4 1 0 0 3 0");
        var refused = rejected(editor, done, "");
        assertThat(refused.lines().findFirst())
                .contains("sku;name;price;currency;import.line;import.column;import.code;import.detail");
        assertThat(refused)
                .contains(sku + "-2;;1;EUR;3;\"name\";required;\"")
                .contains(sku + "-3;\"Big;\nmug\";1,5;EUR;4;\"price\";number;\"")
                .contains("decimal=comma")
                .contains(sku + "-4;short;;;6;\"price\";too-few-fields;");
        assertThat(Client.json(rejected(editor, done, "?format=ndjson")
                                .lines()
                                .findFirst()
                                .orElseThrow())
                        .at("/import/code")
                        .asText())
                .isEqualTo("required");
        var again = sent(
                editor,
                "kind=products",
                refused.replace("-2;;1;", "-2;Found;1;").replace(";1,5;", ";1.5;"));
        assertThat(counts(again)).isEqualTo("completed 3 2 0 0 1 0");
        assertThat(Client.json(editor.read(sku + "-3")).get("name").asText()).isEqualTo("Big;\nmug");
    }

    @Test
    void theLastLineOfASkuWinsAndThatIsSaid() {
        var sku = Client.newSku("imp-");
        // beyond a chunk, too
        var others = IntStream.range(0, 1_200)
                .mapToObj(i -> sku + "-" + i + ",Other,1,EUR\n")
                .collect(Collectors.joining());
        var done = sent(
                editor,
                "kind=products",
                HEADER + "\n" + sku + ",One,1,EUR\n" + sku + ",Two,1,EUR\n" + others + sku + ",Three,1,EUR\n");
        assertThat(counts(done)).isEqualTo("completed 1203 1201 2 0 0 2");
        assertThat(done.get("notes").toString()).contains("the last one wins");
        assertThat(Client.json(editor.read(sku)).get("name").asText()).isEqualTo("Three");
        var counts =
                IntStream.range(0, 1_200).mapToObj(i -> sku + "-" + i + ",1\n").collect(Collectors.joining());
        var counted = sent(stock, "kind=counts", "sku,onHand\n" + sku + ",5\n" + sku + ",6\n" + counts + sku + ",7\n");
        assertThat(counted.get("duplicates").asLong()).isEqualTo(2);
        assertThat(stock.stock(sku).get("onHand").asLong()).isEqualTo(7);
        assertThat(stock.stock(sku + "-1199").get("onHand").asLong()).isEqualTo(1);
    }

    @Test
    void countsAndThresholdsAreTaken() {
        var sku = Client.newSku("imp-");
        both.create(sku);
        var file = "sku,location,onHand,threshold\n" + sku + ",main,5,9\n" + sku + ",north,2.0E+1,\n" + sku
                + "-none,main,1,1\n" + sku + ",main,many,1\n";
        var counted = sent(stock, "kind=counts", file);
        assertThat(counts(counted)).isEqualTo("completed 4 0 2 0 2 0");
        assertThat(rejected(stock, counted, ""))
                .contains("unknown-sku")
                .contains("\"onHand\";number".replace(';', ','));
        assertThat(stock.stock(sku).get("onHand").asLong()).isEqualTo(5);
        assertThat(Client.json(stock.request().get(Client.stockPath(sku) + "?location=north"))
                        .get("onHand")
                        .asLong())
                .isEqualTo(20);
        long head = stock.head();
        var set = sent(stock, "kind=thresholds", file.replace("many,1\n", "many,x\n"));
        assertThat(counts(set)).isEqualTo("completed 4 0 1 1 2 0");
        assertThat(stock.stock(sku).get("threshold").asLong()).isEqualTo(9);
        assertThat(stock.events(head, sku))
                .extracting(event -> event.get("type").asText())
                .containsExactly("inventory.alert");
        assertThat(counts(sent(stock, "kind=counts", "sku,onHand\n" + sku + ",5\n")))
                .isEqualTo("completed 1 0 0 1 0 0");
        assertThat(counts(sent(stock, "kind=thresholds", "sku,threshold\n" + sku + ",\n")))
                .isEqualTo("completed 1 0 1 0 0 0");
        assertThat(stock.stock(sku).get("threshold").isNull()).isTrue();
    }

    @Test
    void aDryRunSaysWhatWouldBecomeOfEachLineAndChangesNothing() {
        var known = Client.newSku("imp-");
        both.create(known);
        var unknown = Client.newSku("imp-");
        long head = both.head();
        var file = HEADER + "\n" + known + ",Changed,12.50,EUR\n" + unknown + ",New,1,EUR\n" + unknown + "2,,1,EUR\n";
        assertThat(counts(sent(editor, "kind=products&dryRun=true", file))).isEqualTo("completed 3 1 1 0 1 0");
        assertThat(counts(sent(
                        stock,
                        "kind=counts&dryRun=true",
                        "sku,location,onHand\n" + known + ",main,5\n" + known + ",west,5\n" + unknown + ",main,1\n")))
                .isEqualTo("completed 3 0 2 0 1 0");
        assertThat(counts(sent(stock, "kind=thresholds&dryRun=true", "sku,threshold\n" + known + ",5\n")))
                .isEqualTo("completed 1 0 1 0 0 0");
        assertThat(editor.read(unknown).statusCode()).isEqualTo(404);
        assertThat(Client.json(editor.read(known)).get("name").asText()).isEqualTo("Lamp");
        assertThat(stock.stock(known).get("onHand").asLong()).isZero();
        assertThat(stock.stock(known).get("threshold").isNull()).isTrue();
        assertThat(both.events(head, known)).isEmpty();
    }

    @Test
    void whatCantBeImportedIsRefusedAtOnce() {
        var latin = (HEADER + "\nA,Käse,1,EUR\n").getBytes(Charset.forName("ISO-8859-1"));
        editor.isProblem(send(editor, "kind=products", latin, "text/csv"), 400, "import-text")
                .body("detail", containsString("0xE4 in line 2"));
        editor.isProblem(
                        send(editor, "kind=products", "sku,colour\n".getBytes(StandardCharsets.UTF_8), "text/csv"),
                        400,
                        "import-header")
                .body("missing", equalTo(List.of("name", "price", "currency")));
        for (var query : List.of(
                "mode=upsert",
                "kind=prices",
                "kind=counts&mode=create",
                "kind=products&mode=all",
                "kind=products&dryRun=yes",
                "kind=products&preset=other",
                "kind=products&preset=shopify",
                "kind=products&decimal=dot",
                "kind=products&currency=XXX",
                "kind=products&map=a",
                "kind=products&map=sku:nothing")) {
            editor.isProblem(
                    send(editor, query, HEADER.getBytes(StandardCharsets.UTF_8), "text/csv"), 400, "validation-failed");
        }
        editor.isProblem(
                send(editor, "kind=products", latin, "text/csv; charset=x-big"), 415, "unsupported-media-type");
        editor.isProblem(send(editor, "kind=counts", latin, "text/csv"), 403, "forbidden");
        stock.isProblem(send(stock, "kind=products", latin, "text/csv"), 403, "forbidden");
        editor.isProblem(editor.request().get("/api/imports/7"), 404, "import-not-found");
        assertThat(send(Client.viewer(), "kind=products", new byte[6 * 1024 * 1024], "text/csv")
                        .statusCode())
                .isEqualTo(403);
    }

    @Test
    void theCodingThatIsNamedIsTaken() {
        var sku = Client.newSku("imp-");
        var answer = send(
                editor,
                "kind=products&decimal=comma&currency=EUR&map=Artikel:sku,Bezeichnung:name&map=%22Preis,%20netto%22:price"
                        .replace("%22Preis,%20netto%22:price", "%22Preis,%20netto:price%22"),
                ("Artikel;Bezeichnung;Preis, netto\r\n" + sku + ";Käse – 5 €;1.234,50\r\n")
                        .getBytes(Charset.forName("windows-1252")),
                "text/csv; charset=windows-1252");
        assertThat(answer.statusCode()).as(answer.asString()).isEqualTo(202);
        assertThat(counts(ended(editor, Client.json(answer).get("id").asText())))
                .isEqualTo("completed 1 1 0 0 0 0");
        var product = Client.json(editor.read(sku));
        assertThat(product.get("name").asText()).isEqualTo("Käse – 5 €");
        assertThat(product.at("/price/amount").toString()).isEqualTo("1234.50");
    }

    @Test
    void linesOfJsonAreTakenAndListed() {
        var sku = Client.newSku("imp-");
        var answer = send(
                editor,
                "kind=products",
                (Client.product(sku) + "\n{\"sku\":7}\nnonsense\n").getBytes(StandardCharsets.UTF_8),
                "application/x-ndjson");
        var done = ended(editor, Client.json(answer).get("id").asText());
        assertThat(counts(done)).isEqualTo("completed 3 1 0 0 2 0");
        var lines = rejected(editor, done, "").lines().map(Client::json).toList();
        assertThat(lines.get(0).get("sku").asLong()).isEqualTo(7);
        assertThat(lines.get(0).at("/import/line").asLong()).isEqualTo(2);
        assertThat(lines.get(1).at("/import/raw").asText()).isEqualTo("nonsense");
        var listed = Client.json(editor.request().get("/api/imports?limit=500"));
        assertThat(listed.get("items"))
                .extracting(item -> item.get("id").asText())
                .contains(done.get("id").asText());
        editor.isProblem(
                editor.request().post("/api/imports/" + done.get("id").asText() + "/cancel"), 409, "import-finished");
    }

    private static Response underKey(Client client, String key, String file) {
        return client.request()
                .header("Idempotency-Key", key)
                .contentType("text/csv")
                .body(file.getBytes(StandardCharsets.UTF_8))
                .post("/api/imports?kind=counts");
    }

    /** A count without a time would set back what was sold in between. */
    @Test
    void aFileThatIsSentAgainUnderItsKeyIsWorkedOffOnce() {
        var sku = Client.newSku("imp-");
        editor.create(sku);
        var key = UUID.randomUUID().toString();
        var file = "sku,onHand\n" + sku + ",5\n";
        var first = underKey(stock, key, file);
        assertThat(first.statusCode()).as(first.asString()).isEqualTo(202);
        assertThat(first.header("Idempotent-Replayed")).isNull();
        ended(stock, Client.json(first).get("id").asText());
        stock.adjust(sku, -2);
        var again = underKey(stock, key, file);
        assertThat(again.statusCode()).isEqualTo(202);
        assertThat(again.header("Idempotent-Replayed")).isEqualTo("true");
        assertThat(again.asString()).isEqualTo(first.asString());
        assertThat(again.header("Location")).isEqualTo(first.header("Location"));
        stock.isProblem(underKey(stock, key, file + sku + ",6\n"), 422, "idempotency-key-reused");
        stock.isProblem(underKey(stock, "", file), 400, "invalid-header");
        await("what was sent again is deleted")
                .until(() ->
                        Client.json(stock.request().get("/api/imports?limit=500")).findValuesAsText("state").stream()
                                .noneMatch("receiving"::equals));
        assertThat(Client.json(stock.request().get("/api/inventory/" + sku))
                        .get("onHand")
                        .intValue())
                .isEqualTo(3);
    }

    private JsonNode sentAsJson(Client client, String kind, String file) {
        var answer = send(client, "kind=" + kind, file.getBytes(StandardCharsets.UTF_8), "application/x-ndjson");
        return ended(client, Client.json(answer).get("id").asText());
    }

    @Test
    void refusedLinesOfJsonThatWouldBeChangedComeBackAsText() {
        var sku = Client.newSku("imp-");
        var line = "{\"sku\":\"" + sku + "\",\"onHand\":1,\"onHand\":2}";
        var refused = Client.json(rejected(stock, sentAsJson(stock, "counts", line + "\n"), ""));
        assertThat(refused.has("onHand")).isFalse();
        assertThat(refused.at("/import/raw").asText()).isEqualTo(line);
    }

    @Test
    void aLineWithWhatCantBeStoredIsRefusedAlone() {
        var sku = Client.newSku("imp-");
        var random = new java.util.Random(7);
        var name = random.ints(20_000, 'a', 'z' + 1)
                .mapToObj(c -> String.valueOf((char) c))
                .collect(Collectors.joining());
        var lines = "{\"sku\":\"" + name + "\"}\n{\"sku\":\"" + sku + "-1\",\"a\\u0000b\":1}\n";
        var products = sentAsJson(editor, "products", lines + Client.product(sku) + "\n");
        assertThat(counts(products)).isEqualTo("completed 3 1 0 0 2 0");
        assertThat(rejected(editor, products, "")).contains("a\\\\u0000b").contains(name);
        var counted = sentAsJson(
                stock,
                "counts",
                "{\"sku\":\"" + name + "\",\"onHand\":1}\n{\"sku\":\"" + sku + "\",\"location\":\"" + name
                        + "\",\"onHand\":1}\n{\"sku\":\"" + sku + "\",\"onHand\":1}\n");
        assertThat(counts(counted)).isEqualTo("completed 3 0 1 0 2 0");
        var nameless = sent(editor, "kind=products", HEADER + ",attributes.a\0b\n" + sku + ",Tea,1,EUR,a\0b\n");
        assertThat(counts(nameless)).isEqualTo("completed 1 0 0 0 1 0");
    }

    @Test
    void theNewestOfSeveralCountsWinsWhereverItStands() {
        var sku = Client.newSku("imp-");
        both.create(sku);
        var file = "sku,onHand,countedAt\n" + sku + ",5,2026-01-02T00:00:00Z\n" + sku + ",6,2026-01-01T00:00:00Z\n";
        assertThat(counts(sent(stock, "kind=counts", file))).isEqualTo("completed 2 0 1 1 0 1");
        assertThat(stock.stock(sku).get("onHand").asLong()).isEqualTo(5);
        var undated = "sku,onHand\n" + sku + ",7\n" + sku + ",8\n";
        assertThat(counts(sent(stock, "kind=counts", undated))).isEqualTo("completed 2 0 1 1 0 1");
        assertThat(stock.stock(sku).get("onHand").asLong()).isEqualTo(8);
        assertThat(counts(sent(stock, "kind=counts", file))).isEqualTo("completed 2 0 0 0 2 1");
    }

    @Test
    void anEmptyCellOfAnAttributeRemovesIt() {
        var sku = Client.newSku("imp-");
        sent(
                editor,
                "kind=products",
                HEADER + ",attributes.color,attributes.size,attributes.kept\n" + sku + ",Tea,1,EUR,red,XL,yes\n");
        var changed =
                sent(editor, "kind=products&mode=update", "sku,attributes.color,attributes.size\n" + sku + ",,M\n");
        assertThat(counts(changed)).isEqualTo("completed 1 0 1 0 0 0");
        assertThat(Client.json(editor.read(sku)).get("attributes").toString())
                .contains("\"size\":\"M\"", "\"kept\":\"yes\"")
                .doesNotContain("color");
        sent(editor, "kind=products&mode=update", "sku,attributes.size\n" + sku + ",\n");
        assertThat(Client.json(editor.read(sku)).get("attributes").toString()).isEqualTo("{\"kept\":\"yes\"}");
    }

    @Test
    void longRefusedLinesComeBackAllInOrder() {
        var sku = Client.newSku("imp-");
        var file = IntStream.range(0, 6)
                .mapToObj(i -> sku + i + "," + "x".repeat(500_000) + ",none,EUR\n")
                .collect(Collectors.joining());
        var refused = rejected(editor, sent(editor, "kind=products", HEADER + "\n" + file), "");
        assertThat(refused.lines().skip(1).map(line -> line.substring(0, sku.length() + 1)))
                .containsExactlyElementsOf(
                        IntStream.range(0, 6).mapToObj(i -> sku + i).toList());
    }

    @Test
    void aSenderWhoStopsLeavesNothing() throws IOException {
        try (var socket = new Socket(server.getHost(), server.getPort())) {
            begin(socket, "Expect: 100-continue\r\n");
            assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
                    .isEqualTo("HTTP/1.1 100");
            await("import that is being received").until(() -> list().contains("receiving by gone"));
        }
        await("nothing of it").until(() -> !list().contains("receiving by gone"));
    }

    @Test
    void whatIsBeingReceivedCanBeCancelled() throws IOException {
        try (var socket = new Socket(server.getHost(), server.getPort())) {
            var file = HEADER + "\n";
            socket.getOutputStream()
                    .write(
                            ("POST /api/imports?kind=products HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nConnection: close\r\n"
                                            + "Content-Length: " + (file.length() + 1) + "\r\nAuthorization: "
                                            + Tokens.bearer("waits", "editor") + "\r\n\r\n" + file)
                                    .getBytes(StandardCharsets.US_ASCII));
            await("import that is being received").until(() -> list().contains("receiving by waits"));
            var items =
                    Client.json(editor.request().get("/api/imports?limit=500")).get("items");
            var id = items.findParents("createdBy").stream()
                    .filter(item -> item.get("createdBy").asText().equals("waits"))
                    .findFirst()
                    .orElseThrow()
                    .get("id")
                    .asText();
            editor.request().post("/api/imports/" + id + "/cancel").then().statusCode(200);
            assertThat(list()).contains("cancelled by waits");
            socket.getOutputStream().write('\n');
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 409")
                    .contains("import-finished");
        }
    }

    private List<String> list() {
        return Client.json(editor.request().get("/api/imports?limit=500"))
                .get("items")
                .findParents("createdBy")
                .stream()
                .map(item -> item.get("state").asText() + " by "
                        + item.get("createdBy").asText())
                .toList();
    }

    private static void begin(Socket socket, String headers) throws IOException {
        OutputStream out = socket.getOutputStream();
        out.write(
                ("POST /api/imports?kind=products HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\nContent-Length: 200000000\r\n"
                                + headers + "Authorization: " + Tokens.bearer("gone", "editor") + "\r\n\r\n" + HEADER
                                + "\n")
                        .getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    @Test
    void aFileThatIsAnnouncedAsTooLongIsRefused() throws IOException {
        try (var socket = new Socket(server.getHost(), server.getPort())) {
            socket.getOutputStream()
                    .write(("POST /api/imports?kind=products HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n"
                                    + "Content-Length: 268435457\r\nAuthorization: " + Tokens.bearer("gone", "editor")
                                    + "\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
                    .isEqualTo("HTTP/1.1 413");
        }
    }

    @Test
    void aFileOfNoTypeIsRefused() throws IOException {
        try (var socket = new Socket(server.getHost(), server.getPort())) {
            socket.getOutputStream()
                    .write(
                            ("POST /api/imports?kind=products HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 4\r\n"
                                            + "Authorization: " + Tokens.bearer("gone", "editor") + "\r\n\r\nsku\n")
                                    .getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 415")
                    .contains("unsupported-media-type", "text/csv");
        }
    }
}
