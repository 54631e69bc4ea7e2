package org.pmsevents.http.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

@QuarkusTest
class SocketHandshakeTest {
    @TestHTTPResource("/ws/test-edge")
    URI socket;

    private final HttpClient http = HttpClient.newHttpClient();

    private String connect(UnaryOperator<WebSocket.Builder> as) throws Exception {
        var text = new CompletableFuture<String>();
        var connection = as.apply(http.newWebSocketBuilder())
                .buildAsync(URI.create("ws" + socket.toString().substring(4)), new WebSocket.Listener() {
                    @Override
                    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
                        text.complete(data.toString());
                        return null;
                    }
                })
                .join();
        try {
            return text.get(10, TimeUnit.SECONDS);
        } finally {
            connection.abort();
        }
    }

    private void refused(int status, UnaryOperator<WebSocket.Builder> as) {
        refused(status, "\"status\":" + status, as);
    }

    private void refused(int status, String inTheProblem, UnaryOperator<WebSocket.Builder> as) {
        assertThatThrownBy(() -> connect(as))
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOfSatisfying(WebSocketHandshakeException.class, refusal -> {
                    assertThat(refusal.getResponse().statusCode()).isEqualTo(status);
                    assertThat(refusal.getResponse().headers().firstValue("content-type"))
                            .contains("application/problem+json");
                    assertThat((String) refusal.getResponse().body()).contains(inTheProblem);
                });
    }

    private static String subprotocol(String token) {
        return "quarkus-http-upgrade"
                + URLEncoder.encode("#Authorization#Bearer " + token, StandardCharsets.UTF_8)
                        .replace("+", "%20");
    }

    private static UnaryOperator<WebSocket.Builder> authorized() {
        return builder -> builder.header("Authorization", Tokens.bearer("alice", "viewer"));
    }

    @Test
    void aTokenInTheHeaderOpensASocket() throws Exception {
        assertThat(connect(authorized())).isEqualTo("alice");
    }

    @Test
    void aTokenInTheSubProtocolOpensASocket() throws Exception {
        assertThat(connect(builder ->
                        builder.subprotocols("bearer-token-carrier", subprotocol(Tokens.of("bob", "viewer")))))
                .isEqualTo("bob");
    }

    @Test
    void aMissingOrBadTokenIsRefusedAtTheHandshake() {
        refused(401, builder -> builder);
        refused(401, builder -> builder.header("Authorization", "Bearer nonsense"));
        refused(401, builder -> builder.subprotocols("bearer-token-carrier", subprotocol("nonsense")));
    }

    @Test
    void aRefusedHandshakeSaysWhy() {
        refused(401, "\"reasons\":[\"missing\"]", builder -> builder);
        refused(
                401,
                "\"reasons\":[\"format\"]",
                builder -> builder.subprotocols("bearer-token-carrier", subprotocol("nonsense")));
    }

    @Test
    void aSubProtocolThatCanNotBeReadIsABadRequest() {
        refused(400, builder -> builder.subprotocols("quarkus-http-upgrade"));
        refused(400, builder -> builder.subprotocols("bearer-token-carrier", "quarkus-http-upgrade%zz"));
    }

    @Test
    void aPageOfAnotherOriginIsRefused() throws Exception {
        refused(403, builder -> authorized().apply(builder).header("Origin", "https://evil.example"));
        refused(403, builder -> authorized().apply(builder).header("Origin", "null"));
        var own = "http://" + socket.getAuthority();
        assertThat(connect(builder -> authorized().apply(builder).header("Origin", own)))
                .isEqualTo("alice");
    }
}
