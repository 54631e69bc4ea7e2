package org.pmsevents.dev;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pmsevents.Client;
import org.pmsevents.Pure;

/** What newcomers are told that the PMS of dev mode does. */
@Pure
class PmsSimulatorTest {
    private final HttpClient client = HttpClient.newHttpClient();
    private Vertx vertx;
    private HttpServer server;

    @BeforeEach
    void open() throws Exception {
        vertx = Vertx.vertx();
        var router = Router.router(vertx);
        new PmsSimulator().open(router);
        server = vertx.createHttpServer()
                .requestHandler(router)
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
    }

    @AfterEach
    void close() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private HttpResponse<String> ask(String method, String path, String body) throws IOException, InterruptedException {
        var address = URI.create("http://127.0.0.1:" + server.actualPort() + "/dev/pms" + path);
        return client.send(
                HttpRequest.newBuilder(address)
                        .method(method, BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private int put(String sku, int version) throws IOException, InterruptedException {
        return ask("PUT", "/products/" + sku, "{\"sku\":\"" + sku + "\",\"version\":" + version + "}")
                .statusCode();
    }

    private void mode(String mode) throws IOException, InterruptedException {
        assertThat(ask("POST", "/mode", "{\"mode\":\"" + mode + "\"}").statusCode())
                .isEqualTo(200);
    }

    @Test
    void keepsTheNewestVersionAndShowsIt() throws Exception {
        assertThat(put("A", 2)).isEqualTo(200);
        assertThat(put("A", 1)).isEqualTo(409);
        assertThat(put("A", 2)).isEqualTo(200);
        var shown = Client.json(ask("GET", "/products", "").body());
        assertThat(shown.at("/items/0/version").intValue()).isEqualTo(2);
        assertThat(shown.get("items")).hasSize(1);
        assertThat(shown.get("calls").intValue()).isEqualTo(3);
    }

    @Test
    void failsUntilItIsToldToAccept() throws Exception {
        mode("fail");
        assertThat(put("A", 1)).isEqualTo(503);
        mode("accept");
        assertThat(put("A", 1)).isEqualTo(200);
    }

    @Test
    void flakyWorksOneTimeOutOfThree() throws Exception {
        mode("flaky");
        var answers = new ArrayList<Integer>();
        for (int i = 0; i < 6; i++) {
            answers.add(put("A", i));
        }
        assertThat(answers).containsExactly(503, 503, 200, 503, 503, 200);
    }

    @Test
    void slowAnswersInTheEnd() throws Exception {
        mode("slow");
        long begun = System.nanoTime();
        assertThat(put("A", 1)).isEqualTo(200);
        assertThat(System.nanoTime() - begun).isGreaterThan(TimeUnit.SECONDS.toNanos(2));
    }

    @Test
    void whatItRefusesIsAProblem() throws Exception {
        isProblem(ask("PUT", "/products/A", "{\"sku\":"), 400, "malformed-json");
        isProblem(ask("PUT", "/products/A", ""), 400, "malformed-json");
        isProblem(ask("PUT", "/products/A", "[]"), 400, "malformed-json");
        put("A", 2);
        var older = ask("PUT", "/products/A", "{\"sku\":\"A\",\"version\":1}");
        isProblem(older, 409, "newer-version");
        assertThat(Client.json(older.body()).at("/product/version").intValue()).isEqualTo(2);
        isProblem(ask("POST", "/mode", "{\"mode\":\"angry\"}"), 400, "unknown-mode");
        mode("fail");
        isProblem(ask("PUT", "/products/A", "{}"), 503, "pms-fails");
    }

    private static void isProblem(HttpResponse<String> answer, int status, String code) {
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
        var problem = Client.json(answer.body());
        assertThat(problem.get("status").intValue()).isEqualTo(status);
        assertThat(problem.get("code").textValue()).isEqualTo(code);
        assertThat(problem.get("detail").textValue()).isNotBlank();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{}", "[]", "{\"mode\":\"angry\"}", "{\"mode\":", "{\"mode\":7}"})
    void anUnknownModeIsRefusedAndChangesNothing(String body) throws Exception {
        mode("fail");
        assertThat(ask("POST", "/mode", body).statusCode()).isEqualTo(400);
        assertThat(Client.json(ask("GET", "/mode", "").body()).get("mode").textValue())
                .isEqualTo("fail");
    }
}
