package org.pmsevents.dev;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.Pure;
import org.pmsevents.http.security.Tokens;
import org.pmsevents.platform.problem.AppException;

/** Where a developer and the dashboard of dev mode get their tokens. */
@Pure
class DevTokenTest {
    private final Vertx vertx = Vertx.vertx();
    private final CompletableFuture<Throwable> refusal = new CompletableFuture<>();
    private HttpServer server;

    @BeforeEach
    void open() throws Exception {
        var router = Router.router(vertx);
        router.route().failureHandler(failed -> {
            refusal.complete(failed.failure());
            failed.response().setStatusCode(400).end();
        });
        var config = new SmallRyeConfigBuilder()
                .withDefaultValue("pms-events.jwt.secret", Tokens.SECRET)
                .build();
        new DevToken(config, Clock.systemUTC()).open(router);
        router.get("/").handler(page -> page.response().end("the page"));
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

    private HttpResponse<String> get(String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.actualPort() + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    private JsonNode claims(String path) throws Exception {
        var answer = get(path);
        assertThat(answer.headers().firstValue("Content-Type")).contains("text/plain");
        assertThat(answer.headers().firstValue("Cache-Control")).contains("no-store");
        assertThat(answer.body()).matches("[\\w-]+\\.[\\w-]+\\.[\\w-]+\n");
        return Client.json(new String(
                Base64.getUrlDecoder().decode(answer.body().split("\\.")[1]), StandardCharsets.UTF_8));
    }

    private AppException refused(String path) throws Exception {
        assertThat(get(path).statusCode()).isEqualTo(400);
        return (AppException) refusal.get(10, TimeUnit.SECONDS);
    }

    @Test
    void thePageTellsWhereItsTokenIs() throws Exception {
        var page = get("/");
        assertThat(page.body()).isEqualTo("the page");
        assertThat(page.headers().firstValue("Server-Timing")).contains("dev-token;desc=\"/dev/token\"");
        assertThat(claims("/dev/token").get("sub").textValue()).isEqualTo("dev");
    }

    @Test
    void aTokenIsAnAdminsUnlessOtherRolesAreNamed() throws Exception {
        assertThat(claims("/dev/token").get("groups")).hasToString("[\"admin\"]");
        var claims = claims("/dev/token?roles=viewer,%20stock&actor=till-1");
        assertThat(claims.get("groups")).hasToString("[\"stock\",\"viewer\"]");
        assertThat(claims.get("sub").textValue()).isEqualTo("till-1");
    }

    @Test
    void anUnknownRoleIsRefusedWithThoseThatThereAre() throws Exception {
        var refused = refused("/dev/token?roles=viewer,boss");
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.detail()).contains("viewer, editor, stock, operator, admin");
    }

    @Test
    void anActorThatATokenCanNotHaveIsRefused() throws Exception {
        assertThat(refused("/dev/token?actor=%20").violations())
                .singleElement()
                .satisfies(violation -> assertThat(violation.pointer()).isEqualTo("?actor"));
    }
}
