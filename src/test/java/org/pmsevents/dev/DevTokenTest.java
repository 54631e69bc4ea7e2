package org.pmsevents.dev;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;
import org.pmsevents.Pure;
import org.pmsevents.http.security.Tokens;

/** Where the dashboard of dev mode gets its token. */
@Pure
class DevTokenTest {
    @Test
    void thePageTellsWhereItsTokenIs() throws Exception {
        var vertx = Vertx.vertx();
        try {
            var router = Router.router(vertx);
            var config = new SmallRyeConfigBuilder()
                    .withDefaultValue("pms-events.jwt.secret", Tokens.SECRET)
                    .build();
            new DevToken(new DevGreeting(config, Clock.systemUTC())).open(router);
            router.get("/").handler(page -> page.response().end("the page"));
            var server = vertx.createHttpServer()
                    .requestHandler(router)
                    .listen(0, "127.0.0.1")
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(10, TimeUnit.SECONDS);

            var page = get(server.actualPort(), "/");
            assertThat(page.body()).isEqualTo("the page");
            assertThat(page.headers().firstValue("Server-Timing")).contains("dev-token;desc=\"/dev/token\"");
            var answer = get(server.actualPort(), "/dev/token");
            assertThat(answer.headers().firstValue("Cache-Control")).contains("no-store");
            assertThat(Client.json(answer.body()).get("token").textValue()).matches("[\\w-]+\\.[\\w-]+\\.[\\w-]+");
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
        }
    }

    private static HttpResponse<String> get(int port, String path) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }
}
