package org.pmsevents.jsclient;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.pmsevents.http.security.Tokens;

/** The JavaScript client, on the service: {@code src/test/js/client.test.mjs}, by Node's own test runner. */
@QuarkusTest
class JsClientTest {
    @TestHTTPResource("/")
    URI server;

    private static String tokens() throws JsonProcessingException {
        return new ObjectMapper()
                .writeValueAsString(Map.of(
                        "none", Tokens.of("jo"),
                        "viewer", Tokens.of("jo", "viewer"),
                        "editor", Tokens.of("jo", "editor"),
                        "stock", Tokens.of("jo", "stock"),
                        "operator", Tokens.of("jo", "operator")));
    }

    @Test
    void theClientDoesOnTheServiceWhatItPromises() throws IOException, InterruptedException {
        var node = NodeProgram.of(
                        List.of("--test", "--test-reporter=tap", "--test-timeout=60000"),
                        "client.test.mjs",
                        List.of(),
                        Map.of("SERVER", server.toString(), "TOKENS", tokens()))
                .redirectErrorStream(true)
                .start();
        var said = new String(node.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(node.waitFor()).as(said).isZero();
        assertThat(said).contains("# fail 0").doesNotContain("# pass 0\n");
    }
}
