package org.pmsevents.http.problem;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.contains;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.matchesPattern;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.startsWith;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.config.EncoderConfig;
import io.restassured.config.RestAssuredConfig;
import io.restassured.http.ContentType;
import io.restassured.http.Method;
import io.restassured.response.Response;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.dev.SignedToken;
import org.pmsevents.http.security.Tokens;

@QuarkusTest
class ProblemsTest {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String TRACEPARENT = "00-" + TRACE + "-00f067aa0ba902b7-01";

    @TestHTTPResource("/")
    URI server;

    private static RequestSpecification anonymous() {
        return given().config(RestAssuredConfig.config()
                        .encoderConfig(EncoderConfig.encoderConfig()
                                .appendDefaultContentCharsetToContentTypeIfUndefined(false)))
                .urlEncodingEnabled(false)
                .header("traceparent", TRACEPARENT);
    }

    private static RequestSpecification viewer() {
        return anonymous().header("Authorization", Tokens.bearer("alice", "viewer"));
    }

    private static ValidatableResponse isProblem(Response response, int status, String code) {
        return response.then()
                .statusCode(status)
                .header("Content-Type", equalTo("application/problem+json"))
                .body("status", equalTo(status))
                .body("code", equalTo(code))
                .body("type", equalTo("urn:pms-events:problem:" + code))
                .body("title", not(nullValue()))
                .body("detail", not(nullValue()))
                .body("traceId", equalTo(TRACE))
                .body(not(containsString("Exception")))
                .body(not(containsString("at org.")))
                .body(not(containsString("secret")));
    }

    private static void isProblem(RawHttp.Answer answer, int status, String code) {
        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.header("content-type")).isEqualTo("application/problem+json");
        assertThat(answer.body()).contains("\"code\":\"" + code + "\"").contains("\"traceId\":\"");
    }

    @Test
    void theRequestsOriginIsTheTokensSubjectAndTheCallersTrace() {
        viewer().get("/api/test-edge/origin")
                .then()
                .statusCode(200)
                .body("actor", equalTo("alice"))
                .body("traceId", equalTo(TRACE));
        given().header("Authorization", Tokens.bearer("bob", "viewer"))
                .get("/api/test-edge/origin")
                .then()
                .body("traceId", matchesPattern("[0-9a-f]{32}"))
                .body("traceId", not(equalTo(TRACE)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/test-edge/origin", "/api/test-edge/editors", "/api/nothing", "/api", "/ws", "/ws/x"})
    void aMissingTokenIsAskedForWithAChallenge(String path) {
        isProblem(anonymous().get(path), 401, "unauthenticated").header("WWW-Authenticate", "Bearer");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Bearer nonsense", "Bearer ", "Bearer", "Basic YTpi", "bearer a.b.c"})
    void aBadTokenIsRefusedWithAChallenge(String authorization) {
        for (var path : new String[] {"/api/test-edge/origin", "/api/nothing", "/ws"}) {
            isProblem(anonymous().header("Authorization", authorization).get(path), 401, "unauthenticated")
                    .header("WWW-Authenticate", startsWith("Bearer error=\"invalid_token\""));
        }
    }

    @Test
    void aRefusedTokenIsToldWhy() {
        isProblem(anonymous().get("/api/nothing"), 401, "unauthenticated")
                .body("reasons", contains("missing"))
                .body("detail", containsString("Authorization: Bearer"));
        isProblem(anonymous().header("Authorization", "Basic YTpi").get("/api/nothing"), 401, "unauthenticated")
                .body("reasons", contains("no-bearer"));
        isProblem(anonymous().header("Authorization", "Bearer nonsense").get("/api/nothing"), 401, "unauthenticated")
                .body("reasons", contains("format"));
        var expired = SignedToken.of(
                "alice", List.of("viewer"), Instant.ofEpochSecond(1), Instant.ofEpochSecond(2), Tokens.SECRET);
        isProblem(
                        anonymous().header("Authorization", "Bearer " + expired).get("/api/test-edge/origin"),
                        401,
                        "unauthenticated")
                .body("reasons", contains("expired"))
                .body("detail", equalTo("The token expired at 1970-01-01T00:00:02Z."))
                .header(
                        "WWW-Authenticate",
                        "Bearer error=\"invalid_token\","
                                + " error_description=\"The token expired at 1970-01-01T00:00:02Z.\"");
    }

    @Test
    void aRefusedCallNamesTheRolesThatItNeeds() {
        isProblem(viewer().get("/api/test-edge/editors"), 403, "forbidden")
                .body("detail", equalTo("Needs one of the roles editor, admin."))
                .body("roles", contains("editor", "admin"));
        isProblem(
                        anonymous().header("Authorization", Tokens.bearer("x")).get("/api/test-edge/editors"),
                        403,
                        "forbidden")
                .body("detail", startsWith("Needs one of the roles editor, admin. The token has none"));
    }

    @Test
    void theSchemeOfTheTokenIsCaseInsensitive() {
        anonymous()
                .header("Authorization", "bEARER " + Tokens.of("alice", "viewer"))
                .get("/api/test-edge/origin")
                .then()
                .statusCode(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate", "br", "identity, gzip", "nonsense"})
    void anEncodedBodyIsRefusedWithWhatIsAccepted(String coding) throws IOException {
        for (var framing :
                List.of("Content-Length: 2\r\n\r\n{}", "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")) {
            var answer = RawHttp.send(
                    server,
                    "POST /api/test-edge/strict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                            + "Authorization: " + Tokens.bearer("alice", "viewer") + "\r\nContent-Encoding: " + coding
                            + "\r\n" + framing);
            isProblem(answer, 415, "unsupported-media-type");
            assertThat(answer.header("accept-encoding")).isEqualTo("identity");
        }
    }

    @Test
    void identityIsNoEncoding() {
        isProblem(
                viewer().header("Content-Encoding", "identity")
                        .contentType("application/json")
                        .body("{")
                        .post("/api/test-edge/strict"),
                400,
                "malformed-json");
    }

    @Test
    void aRoleThatIsMissingIsForbidden() {
        isProblem(viewer().get("/api/test-edge/editors"), 403, "forbidden");
        isProblem(
                anonymous().header("Authorization", Tokens.bearer("x")).get("/api/test-edge/editors"),
                403,
                "forbidden");
        given().header("Authorization", Tokens.bearer("x", "admin"))
                .get("/api/test-edge/editors")
                .then()
                .statusCode(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/nothing",
                "/api/test-edge/nothing",
                "/api/test-edge/fail",
                "/nothing",
                "/nothing.html",
                "/q/nothing"
            })
    void anUnknownPathIsNotFoundForWhateverTheClientAccepts(String path) {
        for (var accept : new String[] {"text/html", "application/json", "*/*", "image/png"}) {
            isProblem(viewer().accept(accept).get(path), 404, "not-found");
        }
    }

    @Test
    void aMethodThatThePathDoesNotHaveIsNamedWithThoseThatItHas() {
        isProblem(viewer().delete("/api/test-edge/patchable/1"), 405, "method-not-allowed")
                .header("Allow", containsString("PUT"))
                .header("Allow", containsString("PATCH"));
        isProblem(viewer().get("/api/test-edge/strict"), 405, "method-not-allowed")
                .header("Allow", containsString("POST"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/api/products | GET, HEAD, OPTIONS, POST",
                "/api/products/x | DELETE, GET, HEAD, OPTIONS, PATCH, PUT",
                "/api/products/x/publish | OPTIONS, POST",
                "/api/inventory/x | GET, HEAD, OPTIONS, PUT",
                "/api/inventory/x/adjustments | OPTIONS, POST",
                "/api/inventory/adjustments | GET, HEAD, OPTIONS, POST, PUT",
                "/api/events | GET, HEAD, OPTIONS",
                "/api/events/stream | GET, HEAD, OPTIONS",
                "/api/events/dead-letters | GET, HEAD, OPTIONS",
                "/api/cache | DELETE, OPTIONS",
                "/api/jobs | GET, HEAD, OPTIONS, POST",
                "/webhooks/pms/stock | OPTIONS, POST",
                "/webhooks/pms/products | OPTIONS, POST",
                "/api/products/batch | DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
            })
    void whatAPathAllowsIsTheSameInAllAnswers(String path, String allowed) {
        var options = viewer().options(path);
        assertThat(options.statusCode()).isEqualTo(204);
        assertThat(options.header("Allow")).isEqualTo(allowed);
        assertThat(options.header("Accept-Patch"))
                .isEqualTo(allowed.contains("PATCH") ? "application/merge-patch+json" : null);
        for (var method : List.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")) {
            if (!allowed.contains(method)) {
                var refused = viewer().contentType("application/json").request(method, path);
                assertThat(refused.statusCode()).as(method).isEqualTo(405);
                assertThat(refused.header("Allow")).as(method).isEqualTo(allowed);
            }
        }
    }

    @Test
    void whatDoesNotExistHasNoOptions() {
        for (var path : List.of("/api/nothing", "/api/products/x/nothing", "/webhooks/nothing")) {
            isProblem(viewer().options(path), 404, "not-found");
        }
    }

    @Test
    void theHeadOfAStreamEnds() {
        viewer().head("/api/events/stream")
                .then()
                .statusCode(200)
                .header("Content-Type", startsWith("text/event-stream"))
                .header("X-Accel-Buffering", equalTo("no"));
    }

    @Test
    void anAnswerThatCanNotBeGivenAsAskedIsNotAcceptable() {
        isProblem(viewer().accept("image/png").get("/api/test-edge/origin"), 406, "not-acceptable");
    }

    @Test
    void aContentTypeThatIsNotTakenIsUnsupported() {
        isProblem(
                viewer().contentType("text/plain").body("{}").post("/api/test-edge/strict"),
                415,
                "unsupported-media-type");
        for (var type : new String[] {"application/json", "application/json-patch+json"}) {
            isProblem(
                            viewer().contentType(type).body("{}").patch("/api/test-edge/patchable/1"),
                            415,
                            "unsupported-media-type")
                    .header("Accept-Patch", "application/merge-patch+json");
        }
        viewer().contentType("application/merge-patch+json; charset=utf-8")
                .body("{}")
                .patch("/api/test-edge/patchable/1")
                .then()
                .statusCode(200);
    }

    @Test
    void malformedJsonSaysWhere() {
        isProblem(
                        viewer().contentType(ContentType.JSON).body("{\"sku\":").post("/api/test-edge/strict"),
                        400,
                        "malformed-json")
                .body("detail", containsString("line 1"));
    }

    @Test
    void aMissingBodyIsAskedFor() {
        isProblem(viewer().contentType(ContentType.JSON).post("/api/test-edge/strict"), 400, "body-required");
    }

    @Test
    void allViolationsAreToldAtOnce() {
        isProblem(
                        viewer().contentType(ContentType.JSON)
                                .body("{\"count\":1.9,\"x/y\":1,\"count\":\"7\"}")
                                .post("/api/test-edge/strict"),
                        400,
                        "validation-failed")
                .body("violations.pointer", hasItems("/count", "/x~1y", "/sku", "/count"))
                .body("violations.code", hasItems("duplicate-key", "unknown-field", "required", "type"))
                .body("violations[0].detail", not(nullValue()));
    }

    @Test
    void bodiesThatAreBoundToClassesFailAsProblemsToo() {
        for (var body : new String[] {"{\"number\":{}}", "{", "[]"}) {
            isProblem(
                    viewer().contentType(ContentType.JSON).body(body).post("/api/test-edge/bound"),
                    400,
                    "malformed-json");
        }
    }

    @Test
    void aQueryParameterOfTheWrongTypeIsABadRequest() {
        isProblem(viewer().get("/api/test-edge/limit?limit=many"), 400, "bad-request");
    }

    @ParameterizedTest
    @CsvSource({
        "not-found,404,product-not-found",
        "conflict,409,insufficient-stock",
        "version,412,version-mismatch",
        "gone,410,position-expired",
        "member,409,a"
    })
    void failuresOfTheApplicationKeepTheirCode(String how, int status, String code) {
        isProblem(viewer().get("/api/test-edge/fail/" + how), status, code);
    }

    @Test
    void furtherMembersAreWritten() {
        viewer().get("/api/test-edge/fail/conflict")
                .then()
                .body("onHand", equalTo(3))
                .body("violations", nullValue());
        viewer().get("/api/test-edge/fail/gone").then().body("oldest", equalTo(41));
        viewer().get("/api/test-edge/fail/version").then().header("ETag", "\"7\"");
        viewer().get("/api/test-edge/fail/member").then().body("results[0].index", equalTo(0));
    }

    @ParameterizedTest
    @CsvSource({
        "pg-shutdown,database-unavailable",
        "pg-disk-full,database-unavailable",
        "pg-memory,database-unavailable",
        "pg-io,database-unavailable",
        "closed,database-unavailable",
        "closed-before,database-unavailable",
        "lost-before,database-unavailable",
        "inactive,database-unavailable",
        "connect,database-unavailable",
        "timeout,timeout",
        "outcome,outcome-unknown"
    })
    void aPartThatIsAwayIsUnavailableForAWhile(String how, String code) {
        isProblem(viewer().get("/api/test-edge/fail/" + how), 503, code).header("Retry-After", "1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"thrown", "failed", "pg-defect"})
    void aDefectTellsNothingOfItself(String how) {
        isProblem(viewer().get("/api/test-edge/fail/" + how), 500, "internal-error");
    }

    @Test
    void aBodyOverTheLimitIsTooLarge() {
        isProblem(
                viewer().contentType(ContentType.JSON)
                        .body(new byte[4 * 1024 * 1024 + 1])
                        .post("/api/test-edge/size"),
                413,
                "content-too-large");
    }

    @Test
    void aBodyAtTheLimitIsReadOnTheEventLoop() {
        viewer().contentType(ContentType.JSON)
                .body(new byte[4 * 1024 * 1024])
                .post("/api/test-edge/size")
                .then()
                .statusCode(200)
                .body("size", equalTo(4 * 1024 * 1024))
                .body("thread", containsString("eventloop"));
    }

    private String head(String method, String path, String... headers) {
        return method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
                + Tokens.bearer("alice", "viewer") + "\r\n" + String.join("", headers) + "\r\n";
    }

    @Test
    void aChunkedBodyOverTheLimitIsTooLarge() throws IOException {
        var answer = RawHttp.send(server, out -> {
            out.write(head(
                            "POST",
                            "/api/test-edge/size",
                            "Content-Type: application/json\r\n",
                            "Transfer-Encoding: chunked\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            var chunk = ("10000\r\n" + "x".repeat(0x10000) + "\r\n").getBytes(StandardCharsets.US_ASCII);
            for (int i = 0; i < 65; i++) {
                out.write(chunk);
            }
        });
        isProblem(answer, 413, "content-too-large");
    }

    @Test
    void aChunkedBodyWithinTheLimitIsRead() throws IOException {
        var answer = RawHttp.send(
                server,
                head(
                                "POST",
                                "/api/test-edge/size",
                                "Content-Type: application/json\r\n",
                                "Transfer-Encoding: chunked\r\n")
                        + "5\r\n12345\r\n0\r\n\r\n");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).contains("\"size\":5");
    }

    @Test
    void aHugeStatedLengthIsRefusedBeforeTheBodyCame() throws IOException {
        var answer = RawHttp.send(
                server,
                head(
                        "POST",
                        "/api/test-edge/size",
                        "Content-Type: application/json\r\n",
                        "Content-Length: 99999999999\r\n"));
        isProblem(answer, 413, "content-too-large");
        assertThat(answer.header("connection")).isEqualTo("close");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/test-edge/fail/%zz",
                "/api/%",
                "/%zz",
                "/api/test-edge/fail/%f",
                "/api/test-edge/fail/%ff",
                "/api/test-edge/fail/%00",
                "/api/test-edge/fail/%c3%28",
                "/api/test-edge/origin?q=%00",
                "/api/test-edge/origin?q=%zz",
                "/webhooks/%00"
            })
    void aPathThatCanNotBeDecodedIsABadRequest(String path) throws IOException {
        isProblem(RawHttp.send(server, head("GET", path)), 400, "bad-request");
    }

    @ParameterizedTest
    @EnumSource(
            value = Method.class,
            names = {"OPTIONS", "HEAD", "TRACE"})
    void otherMethodsAreAnsweredSensibly(Method method) {
        var answer = viewer().request(method, "/api/test-edge/origin");
        assertThat(answer.statusCode()).isIn(200, 204, 405);
        var refused = anonymous().request(method, "/api/test-edge/origin");
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.header("Content-Type")).isEqualTo("application/problem+json");
    }

    /** These are answered by the HTTP server before any code of ours: the one place where a body can't be given. */
    @Test
    void whatIsNoHttpIsRefused() throws IOException {
        for (var request : Map.of(
                        "NONSENSE\r\n\r\n",
                        400,
                        head("GET", "/api/x", "X-Long: " + "x".repeat(40_000) + "\r\n"),
                        431,
                        head("GET", "/api/" + "x".repeat(20_000)),
                        414)
                .entrySet()) {
            var answer = RawHttp.send(server, request.getKey());
            assertThat(answer.status()).isEqualTo(request.getValue());
        }
    }

    @Test
    void theApisDescriptionNeedsNoToken() {
        anonymous().get("/q/openapi").then().statusCode(200);
    }
}
