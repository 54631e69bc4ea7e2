package org.pmsevents.product;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.junit.jupiter.params.provider.Arguments.arguments;
import static org.pmsevents.Waiting.await;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.vertx.core.eventbus.EventBus;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Client;
import org.pmsevents.event.EventMessage;
import org.pmsevents.http.security.Tokens;

/** Whatever is wrong with a request: it is said in a problem, and the product and the feed stay as they were. */
@QuarkusTest
class BadInputTest {
    private final Client editor = Client.editor();
    private final String sku = Client.newSku("BAD");
    private long head;

    @TestHTTPResource("/")
    URI server;

    @Inject
    EventBus bus;

    @BeforeEach
    void createProduct() {
        head = editor.head();
        editor.create(sku);
    }

    /** The next change makes version 2, and the feed knows of nothing between. */
    @AfterEach
    void nothingHasChanged() {
        editor.patch(sku, "{\"name\":\"Next\"}").then().statusCode(200).header("ETag", "\"2\"");
        await().until(() -> editor.events(head, sku).size() >= 2);
        assertThat(editor.events(head, sku))
                .extracting(event -> event.get("type").textValue())
                .containsExactly("product.created", "product.updated");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] with(String member) {
        return bytes("""
                {"name":"N","price":{"amount":1,"currency":"EUR"},%s}""".formatted(member));
    }

    private static byte[] in(String charset) {
        return "{\"name\":\"Größe\"}".getBytes(Charset.forName(charset));
    }

    static Stream<Arguments> unreadable() {
        return Stream.of(
                arguments("no body", new byte[0], "body-required"),
                arguments("white space", bytes(" \n\t"), "body-required"),
                arguments("broken off", bytes("{\"name\":"), "malformed-json"),
                arguments("text after it", with("\"tags\":[]} x{"), "malformed-json"),
                arguments("second value", bytes("{} {}"), "malformed-json"),
                arguments("second value, glued", bytes("{}1"), "malformed-json"),
                arguments("NaN", with("\"attributes\":{\"n\":NaN}"), "malformed-json"),
                arguments("Infinity", with("\"attributes\":{\"n\":-Infinity}"), "malformed-json"),
                arguments("leading zero", with("\"attributes\":{\"n\":01}"), "malformed-json"),
                arguments("leading plus", with("\"attributes\":{\"n\":+1}"), "malformed-json"),
                arguments("leading point", with("\"attributes\":{\"n\":.5}"), "malformed-json"),
                arguments("trailing point", with("\"attributes\":{\"n\":5.}"), "malformed-json"),
                arguments("hexadecimal", with("\"attributes\":{\"n\":0x1F}"), "malformed-json"),
                arguments("block comment", with("/* */\"tags\":[]"), "malformed-json"),
                arguments("line comment", with("\"tags\":[] // x\n"), "malformed-json"),
                arguments("single quotes", bytes("{'name':'N'}"), "malformed-json"),
                arguments("bare name", bytes("{name:\"N\"}"), "malformed-json"),
                arguments("trailing comma", with("\"tags\":[\"a\",]"), "malformed-json"),
                arguments("missing value", with("\"tags\":[\"a\",,\"b\"]"), "malformed-json"),
                arguments("raw line break", with("\"description\":\"a\nb\""), "malformed-json"),
                arguments("unknown escape", with("\"description\":\"\\x\""), "malformed-json"),
                arguments("byte order mark", bytes("\uFEFF{\"name\":\"N\"}"), "malformed-json"),
                arguments("UTF-16", in("UTF-16"), "malformed-json"),
                arguments("UTF-16LE", in("UTF-16LE"), "malformed-json"),
                arguments("UTF-32", in("UTF-32"), "malformed-json"),
                arguments("Latin 1", in("ISO-8859-1"), "malformed-json"),
                arguments("overlong UTF-8", new byte[] {'"', (byte) 0xC0, (byte) 0x80, '"'}, "malformed-json"),
                arguments(
                        "surrogate in UTF-8",
                        new byte[] {'"', (byte) 0xED, (byte) 0xA0, (byte) 0x80, '"'},
                        "malformed-json"),
                arguments("NUL byte", bytes("{\"name\":\"N\"}\0"), "malformed-json"),
                arguments("65 levels", bytes("[".repeat(65) + "]".repeat(65)), "malformed-json"),
                arguments("100,000 levels", bytes("{\"a\":".repeat(100_000)), "malformed-json"),
                arguments("no JSON", bytes("name=N"), "malformed-json"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void unreadable(String what, byte[] body, String code) {
        isRefusedByAll(body, code);
    }

    static Stream<Arguments> invalid() {
        return Stream.of(
                arguments("null", bytes("null"), "", "type"),
                arguments("array", bytes("[]"), "", "type"),
                arguments("array of a product", bytes("[{\"name\":\"N\"}]"), "", "type"),
                arguments("text", bytes("\"x\""), "", "type"),
                arguments("number", bytes("7"), "", "type"),
                arguments("true", bytes("true"), "", "type"),
                arguments("unknown field", with("\"colour\":\"red\""), "/colour", "unknown-field"),
                arguments("name in another case", with("\"Tags\":[]"), "/Tags", "unknown-field"),
                arguments(
                        "unknown field inside",
                        bytes("{\"name\":\"N\",\"price\":{\"amount\":1,\"currency\":\"EUR\",\"vat~/\":1}}"),
                        "/price/vat~0~1",
                        "unknown-field"),
                arguments("duplicate key", with("\"name\":\"M\""), "/name", "duplicate-key"),
                arguments(
                        "duplicate key inside",
                        with("\"attributes\":{\"a\":[{\"b\":1,\"b\":1}]}"),
                        "/attributes/a/0/b",
                        "duplicate-key"),
                arguments("escaped duplicate key", with("\"n\\u0061me\":\"M\""), "/name", "duplicate-key"),
                arguments("NUL", with("\"description\":\"a\\u0000b\""), "/description", "invalid-text"),
                arguments("NUL in a name", with("\"attributes\":{\"a\\u0000\":1}"), "/attributes/a\0", "invalid-text"),
                arguments("half a surrogate pair", with("\"tags\":[\"\\ud83d\"]"), "/tags/0", "invalid-text"),
                arguments(
                        "huge exponent",
                        with("\"attributes\":{\"n\":1e999999999}"),
                        "/attributes/n",
                        "number-out-of-range"),
                arguments(
                        "tiny exponent",
                        with("\"attributes\":{\"n\":1e-999999999}"),
                        "/attributes/n",
                        "number-out-of-range"),
                arguments("tags no array", with("\"tags\":\"a\""), "/tags", "type"),
                arguments("a tag no text", with("\"tags\":[\"a\",1]"), "/tags/1", "type"),
                arguments("blank tag", with("\"tags\":[\" \"]"), "/tags/0", "blank"),
                arguments("tag twice", with("\"tags\":[\"a\",\"b\",\"a\"]"), "/tags/2", "duplicate"),
                arguments("51 tags", with("\"tags\":[" + "\"a\",".repeat(50) + "\"a\"]"), "/tags", "too-many"),
                arguments("long tag", with("\"tags\":[\"" + "x".repeat(65) + "\"]"), "/tags/0", "too-long"),
                arguments("attributes no object", with("\"attributes\":[]"), "/attributes", "type"),
                arguments(
                        "large attributes",
                        with("\"attributes\":{\"a\":\"" + "x".repeat(16 * 1024 - 7) + "\"}"),
                        "/attributes",
                        "too-large"),
                arguments(
                        "long description",
                        with("\"description\":\"" + "x".repeat(10_001) + "\""),
                        "/description",
                        "too-long"),
                arguments("description no text", with("\"description\":1"), "/description", "type"),
                arguments("long name", priced("1", "\"" + "n".repeat(256) + "\""), "/name", "too-long"),
                arguments("blank name", priced("1", "\"\u2003\""), "/name", "blank"),
                arguments("no name", priced("1", "null"), "/name", "required"),
                arguments("name no text", priced("1", "5"), "/name", "type"),
                arguments("amount as text", priced("\"7\"", "\"N\""), "/price/amount", "type"),
                arguments("negative amount", priced("-0.01", "\"N\""), "/price/amount", "out-of-range"),
                arguments("huge amount", priced("1e20", "\"N\""), "/price/amount", "out-of-range"),
                arguments("fine amount", priced("0.000000001", "\"N\""), "/price/amount", "too-precise"),
                arguments("no amount", priced("null", "\"N\""), "/price/amount", "required"),
                arguments("price no object", bytes("{\"name\":\"N\",\"price\":5}"), "/price", "type"),
                arguments("no price", bytes("{\"name\":\"N\",\"price\":null}"), "/price", "required"),
                arguments(
                        "no currency",
                        bytes("{\"name\":\"N\",\"price\":{\"amount\":1,\"currency\":\"eur\"}}"),
                        "/price/currency",
                        "unknown-currency"),
                arguments("half a yen", costing("10.50", "JPY"), "/price/amount", "too-precise"),
                arguments("half a cent", costing("0.005", "EUR"), "/price/amount", "too-precise"),
                arguments("less than a fils", costing("1.2345", "KWD"), "/price/amount", "too-precise"),
                arguments("no currency at all", costing("1", "XXX"), "/price/currency", "unknown-currency"),
                arguments("a test", costing("1", "XTS"), "/price/currency", "unknown-currency"),
                arguments("gold", costing("1", "XAU"), "/price/currency", "unknown-currency"),
                arguments("drawing rights", costing("1", "XDR"), "/price/currency", "unknown-currency"),
                arguments("a fund", costing("1", "CHE"), "/price/currency", "unknown-currency"),
                arguments("former money", costing("1", "DEM"), "/price/currency", "unknown-currency"),
                arguments(
                        "unknown null",
                        bytes("{\"name\":\"N\",\"price\":{\"amount\":1,\"currency\":\"EUR\"},\"nope\":null}"),
                        "/nope",
                        "unknown-field"),
                arguments(
                        "unknown null of a price",
                        bytes("{\"name\":\"N\",\"price\":{\"amount\":1,\"currency\":\"EUR\",\"net\":null}}"),
                        "/price/net",
                        "unknown-field"));
    }

    private static byte[] costing(String amount, String currency) {
        return bytes("{\"name\":\"N\",\"price\":{\"amount\":" + amount + ",\"currency\":\"" + currency + "\"}}");
    }

    private static byte[] priced(String amount, String name) {
        return bytes("""
                {"name":%s,"price":{"amount":%s,"currency":"EUR"}}""".formatted(name, amount));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void invalid(String what, byte[] body, String pointer, String code) {
        for (var answer : answers(body)) {
            editor.isProblem(answer, 400, "validation-failed");
            assertThat(Client.json(answer).get("violations")).anySatisfy(violation -> {
                assertThat(violation.get("pointer").textValue()).isEqualTo(pointer);
                assertThat(violation.get("code").textValue()).isEqualTo(code);
            });
        }
    }

    private void isRefusedByAll(byte[] body, String code) {
        answers(body).forEach(answer -> editor.isProblem(answer, 400, code));
    }

    /** The body sent to every call that takes one. */
    private List<Response> answers(byte[] body) {
        return List.of(
                editor.request().contentType("application/json").body(body).post("/api/products"),
                editor.request().contentType("application/json").body(body).put(Client.path(sku)),
                editor.request()
                        .contentType("application/merge-patch+json")
                        .body(body)
                        .patch(Client.path(sku)));
    }

    static Stream<Arguments> versions() {
        return Stream.of("1.9", "1.0", "\"1\"", "1e0", "true", "[1]", "null", "2")
                .map(Arguments::arguments);
    }

    @ParameterizedTest
    @MethodSource("versions")
    void aVersionMustBeAnIntegerEqualToTheStoredOne(String version) {
        for (var answer : answers(with("\"version\":" + version)).subList(1, 3)) {
            editor.isProblem(answer, 400, "validation-failed").body("violations.pointer", equalTo(List.of("/version")));
        }
    }

    @Test
    void aBodyNestedSixtyFourLevelsDeepIsAccepted() {
        var deep = sku + "-64";
        editor.create(
                deep,
                Client.product(deep).replace("}}", "},\"attributes\":" + "{\"a\":".repeat(63) + "1" + "}".repeat(64)));
        await().until(() -> editor.history(deep).size() == 1);
        assertThat(Client.json(editor.read(deep)))
                .isEqualTo(editor.history(deep).get(0).get("product"));
    }

    @Test
    void allViolationsAreReportedAtOnceAndPublished() {
        var announced = new CopyOnWriteArrayList<EventMessage>();
        var listener = bus.<EventMessage>consumer("error.validation", message -> {
            if (message.body().metadata().traceId().equals(editor.traceId)) {
                announced.add(message.body());
            }
        });
        var body = """
                {"sku":"a/b","name":"","name":"x","description":5,\
                "price":{"amount":"7","currency":"EURO","net":1},"tags":["a",7,"a"],\
                "attributes":[],"status":"published","extra/~":null}""";
        var answer = editor.request(body).post("/api/products");
        editor.isProblem(answer, 400, "validation-failed");
        assertThat(Client.json(answer).get("violations"))
                .extracting(violation -> violation.get("pointer").textValue() + " "
                        + violation.get("code").textValue())
                .containsExactlyInAnyOrder(
                        "/name duplicate-key",
                        "/status unknown-field",
                        "/extra~1~0 unknown-field",
                        "/sku pattern",
                        "/name blank",
                        "/description type",
                        "/price/net unknown-field",
                        "/price/amount type",
                        "/price/currency too-long",
                        "/tags/1 type",
                        "/tags/2 duplicate",
                        "/attributes type");
        await().until(() -> announced.size() == 1);
        assertThat(announced.get(0).payload())
                .contains("\"/price/currency\"", "\"POST\"", "\"validation-failed\"")
                .doesNotContain("EURO");
        listener.unregister();
    }

    @Test
    void aBodyOverTheLimitIsTooLarge() {
        var large = new byte[4 * 1024 * 1024 + 1];
        Arrays.fill(large, (byte) ' ');
        answers(large).forEach(answer -> editor.isProblem(answer, 413, "content-too-large"));
    }

    @Test
    void aContentTypeOtherThanJsonIsUnsupported() {
        for (var type : List.of("text/plain", "application/xml", "application/merge-patch+json")) {
            editor.isProblem(
                    editor.request()
                            .contentType(type)
                            .body(bytes(Client.product(sku)))
                            .post("/api/products"),
                    415,
                    "unsupported-media-type");
            editor.isProblem(
                    editor.request()
                            .contentType(type)
                            .body(bytes(Client.product(sku)))
                            .put(Client.path(sku)),
                    415,
                    "unsupported-media-type");
        }
    }

    @Test
    void aPatchWithoutAContentTypeIsUnsupported() throws Exception {
        var request = HttpRequest.newBuilder(server.resolve(Client.path(sku)))
                .header("Authorization", Tokens.bearer("edda", "editor"))
                .method("PATCH", HttpRequest.BodyPublishers.ofString("{\"name\":\"X\"}"))
                .build();
        var answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(415);
        assertThat(answer.headers().firstValue("Accept-Patch")).hasValue("application/merge-patch+json");
    }

    @Test
    void anAcceptHeaderWithoutJsonIsNotAcceptable() {
        var image = "image/png";
        editor.isProblem(editor.request().accept(image).get(Client.path(sku)), 406, "not-acceptable");
        editor.isProblem(editor.request().accept(image).get("/api/products"), 406, "not-acceptable");
        editor.isProblem(
                editor.request(Client.product(sku)).accept(image).put(Client.path(sku)), 406, "not-acceptable");
    }

    @Test
    void anUnsupportedMethodIsAnsweredWithTheAllowedOnes() {
        editor.isProblem(editor.request("{}").post(Client.path(sku)), 405, "method-not-allowed")
                .header("Allow", equalTo("DELETE, GET, HEAD, OPTIONS, PATCH, PUT"));
        editor.isProblem(editor.request("{}").put("/api/products"), 405, "method-not-allowed")
                .header("Allow", equalTo("GET, HEAD, OPTIONS, POST"));
        editor.isProblem(editor.request().get(Client.path(sku) + "/publish"), 405, "method-not-allowed")
                .header("Allow", containsString("POST"));
        editor.isProblem(editor.request().delete("/api/events"), 405, "method-not-allowed")
                .header("Allow", containsString("GET"));
    }

    @Test
    void aViewerCanNotWrite() {
        for (var other : List.of(Client.viewer(), Client.of("sam", "stock"), Client.of("otto", "operator"))) {
            other.read(sku).then().statusCode(200);
            other.isProblem(other.request(Client.product(sku)).post("/api/products"), 403, "forbidden");
            other.isProblem(other.put(sku, Client.product(sku)), 403, "forbidden");
            other.isProblem(other.patch(sku, "{\"name\":\"X\"}"), 403, "forbidden");
            other.isProblem(other.publish(sku), 403, "forbidden");
            other.isProblem(other.archive(sku), 403, "forbidden");
        }
    }

    @Test
    void aCallerWithoutARoleCanNotRead() {
        var nobody = Client.of("nobody");
        nobody.isProblem(nobody.read(sku), 403, "forbidden");
        nobody.isProblem(nobody.request().get("/api/products"), 403, "forbidden");
        nobody.isProblem(nobody.request().get("/api/events"), 403, "forbidden");
    }

    @Test
    void aRequestWithoutATokenIsRefused() {
        editor.isProblem(editor.anonymous().get(Client.path(sku)), 401, "unauthenticated")
                .header("WWW-Authenticate", "Bearer");
        editor.isProblem(editor.anonymous().delete(Client.path(sku)), 401, "unauthenticated");
        editor.isProblem(editor.anonymous().get(Client.path(sku + "x")), 401, "unauthenticated");
        editor.isProblem(editor.anonymous().get("/api/events"), 401, "unauthenticated");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "?limit=0",
                "?limit=501",
                "?limit=-1",
                "?limit=x",
                "?limit=1.0",
                "?limit=99999999999",
                "?after=%21",
                "?after=AA",
                "?after=Zm9v%3D",
                "?status=gone",
                "?status=DRAFT"
            })
    void anInvalidQueryParameterIsRefusedByName(String query) {
        var name = query.substring(0, query.indexOf('='));
        editor.isProblem(editor.request().get("/api/products" + query), 400, "validation-failed")
                .body("violations.pointer", hasItem(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a%00b", "%ff", "%ED%A0%80"})
    void aPathThatIsNotValidTextIsABadRequest(String path) {
        var answer = editor.request().get("/api/products/" + path);
        editor.isProblem(answer, 400, "bad-request");
    }
}
