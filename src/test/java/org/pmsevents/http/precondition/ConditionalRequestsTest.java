package org.pmsevents.http.precondition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import io.restassured.specification.RequestSpecification;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;

/** Conditions hold or the call is not executed (RFC 9110, section 13), on every kind of resource. */
@QuarkusTest
class ConditionalRequestsTest {
    private static final Set<String> METHODS = Set.of("get", "put", "patch", "post", "delete");
    private static final String COUNT = "{\"onHand\":5,\"reason\":\"count\"}";

    private final Client client = Client.of("rita", "admin");
    private final String sku = Client.newSku("IF");
    private final String path = Client.path(sku);
    private final String stock = Client.stockPath(sku);

    private Response send(String header, String value, Function<RequestSpecification, Response> call) {
        return call.apply(client.request().header(header, value));
    }

    private static Response patch(RequestSpecification request, String path) {
        return request.contentType("application/merge-patch+json")
                .body("{\"name\":\"Other\"}")
                .patch(path);
    }

    @Test
    void noChangeIsMadeForAClientThatWantsNoProductToExist() {
        client.create(sku);
        for (var value : List.of("*", "\"1\"", "\"7\", W/\"1\"")) {
            for (Function<RequestSpecification, Response> call : List.<Function<RequestSpecification, Response>>of(
                    request -> request.contentType("application/json")
                            .body(Client.product(sku))
                            .put(path),
                    request -> patch(request, path),
                    request -> request.post(path + "/publish"),
                    request -> request.delete(path))) {
                client.isProblem(send("If-None-Match", value, call), 412, "version-mismatch")
                        .header("ETag", "\"1\"")
                        .body("version", equalTo(1));
            }
        }
        send("If-None-Match", "\"7\"", request -> patch(request, path))
                .then()
                .statusCode(200)
                .header("ETag", "\"2\"");
    }

    @Test
    void aReadOfAnotherVersionIsRefused() {
        client.create(sku);
        for (var value : List.of("\"7\"", "W/\"1\"")) {
            client.isProblem(send("If-Match", value, request -> request.get(path)), 412, "version-mismatch");
            send("If-Match", value, request -> request.head(path)).then().statusCode(412);
        }
        send("If-Match", "\"1\"", request -> request.get(path)).then().statusCode(200);
        send("If-Match", "*", request -> request.get(path)).then().statusCode(200);
        send(
                        "If-Match",
                        "\"7\"",
                        request -> request.header("If-None-Match", "\"1\"").get(path))
                .then()
                .statusCode(412);
        send(
                        "If-Match",
                        "\"1\"",
                        request -> request.header("If-None-Match", "\"1\"").get(path))
                .then()
                .statusCode(304);
    }

    @Test
    void anEmptyOrUnreadableConditionIsRefusedWhateverTheCall() {
        client.create(sku);
        for (var header : List.of("If-Match", "If-None-Match")) {
            for (var value : List.of("", " ", "1", "\"1", "*, \"1\"")) {
                for (Function<RequestSpecification, Response> call : List.<Function<RequestSpecification, Response>>of(
                        request -> request.get(path),
                        request -> patch(request, path),
                        request -> request.post(path + "/publish"),
                        request -> request.get(stock),
                        request -> request.contentType("application/json")
                                .body(COUNT)
                                .put(stock),
                        request -> request.get("/api/products"),
                        request -> request.get("/api/jobs"))) {
                    client.isProblem(send(header, value, call), 400, "invalid-header");
                }
            }
        }
    }

    @Test
    void withoutAnEntityTagNoListOfTagsMatches() {
        client.create(sku);
        for (Function<RequestSpecification, Response> call : List.<Function<RequestSpecification, Response>>of(
                request -> request.get(stock),
                request -> request.get("/api/products"),
                request -> request.contentType("application/json").body(COUNT).put(stock),
                request -> request.contentType("application/json")
                        .body("{\"threshold\":3}")
                        .put(stock + "/threshold"))) {
            client.isProblem(send("If-Match", "\"1\"", call), 412, "precondition-failed");
            send("If-Match", "*", call).then().statusCode(200);
            send("If-None-Match", "\"1\"", call).then().statusCode(200);
        }
        client.isProblem(
                send(
                        "If-None-Match",
                        "*",
                        request -> request.contentType("application/json")
                                .body("{\"onHand\":9,\"reason\":\"count\"}")
                                .put(stock)),
                412,
                "precondition-failed");
        client.request().get(stock).then().body("onHand", equalTo(5));
    }

    /** Of every call that the description has, so that a new one is judged alike. */
    @Test
    void whatDoesNotExistIsNotFoundWhateverTheConditions() {
        var calls = new ArrayList<String>();
        Client.json(client.request().get("/q/openapi?format=json"))
                .get("paths")
                .properties()
                .forEach(path -> path.getValue().fieldNames().forEachRemaining(method -> {
                    if (path.getKey().contains("{")
                            && !path.getKey().startsWith("/api/test-edge/")
                            && METHODS.contains(method)) {
                        calls.add(method.toUpperCase(Locale.ROOT) + " "
                                + path.getKey()
                                        .replaceAll(
                                                "\\{[a-z]+}", UUID.randomUUID().toString()));
                    }
                }));
        assertThat(calls).hasSizeGreaterThan(15);
        for (var call : calls) {
            if (!call.startsWith("PUT /api/locations/")) { // which creates
                var answer = send("If-Match", "\"1\"", request -> missing(request, call));
                assertThat(answer.statusCode()).as(call).isEqualTo(404);
                assertThat(answer.path("code").toString()).as(call).endsWith("-not-found");
                assertThat(send("If-None-Match", "*", request -> missing(request, call))
                                .statusCode())
                        .as(call)
                        .isEqualTo(404);
            }
        }
    }

    private static Response missing(RequestSpecification request, String call) {
        var method = call.substring(0, call.indexOf(' '));
        var path = call.substring(method.length() + 1);
        return switch (method) {
            case "PATCH" -> patch(request, path);
            case "PUT", "POST" ->
                request.contentType("application/json")
                        .body(
                                path.startsWith("/api/products/")
                                        ? Client.product(path.substring("/api/products/".length()))
                                        : "{}")
                        .request(method, path);
            default -> request.request(method, path);
        };
    }

    @Test
    void aReadThatFailsAnywayDoesNotSayThatItsConditionDoesNotHold() {
        client.create(sku);
        client.isProblem(
                send("If-Match", "\"1\"", request -> request.get(stock + "?location=nowhere")), 404, "stock-not-found");
        client.isProblem(
                send("If-Match", "\"1\"", request -> request.get(stock + "/movements?limit=x")),
                400,
                "validation-failed");
        client.isProblem(
                send("If-Match", "\"1\"", request -> request.get(stock + "/movements")), 412, "precondition-failed");
        send("If-Match", "\"1\"", request -> request.head(stock)).then().statusCode(412);
    }

    @Test
    void whatIsCreatedMayBeRequiredNotToExist() {
        Function<RequestSpecification, Response> create = request -> request.contentType("application/json")
                .body(Client.product(sku))
                .post("/api/products");
        client.isProblem(send("If-Match", "*", create), 412, "precondition-failed");
        send("If-None-Match", "*", create).then().statusCode(201);

        var location = "/api/locations/" + Client.newSku("if-");
        Function<RequestSpecification, Response> set = request -> request.contentType("application/json")
                .body("{\"backorders\":true}")
                .put(location);
        client.isProblem(send("If-Match", "*", set), 412, "precondition-failed");
        client.request().get(location).then().statusCode(404);
        send("If-None-Match", "*", set).then().statusCode(200);
        client.isProblem(send("If-None-Match", "*", set), 412, "precondition-failed");
        send("If-Match", "*", set).then().statusCode(200);
    }
}
