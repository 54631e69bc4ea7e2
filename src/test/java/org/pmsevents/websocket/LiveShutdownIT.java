package org.pmsevents.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.common.DevServicesContext;
import io.quarkus.test.junit.QuarkusIntegrationTest;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.pmsevents.security.Tokens;

/** A replica of its own beside the one under test, so that it can be stopped. */
@QuarkusIntegrationTest
class LiveShutdownIT {
    private static final Path JAR = Path.of("target", "quarkus-app", "quarkus-run.jar");

    DevServicesContext servers;

    @Test
    void aReplicaThatStopsClosesWith1012() throws Exception {
        Assumptions.assumeTrue(Files.exists(JAR), "there is a jar, not a native executable");
        int port = freePort();
        var builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dquarkus.http.port=" + port,
                "-Dquarkus.management.port=0",
                "-Dpms-events.jwt.secret=" + Tokens.SECRET,
                "-jar",
                JAR.toString());
        servers.devServicesProperties()
                .forEach((name, value) -> builder.command().add(1, "-D" + name + "=" + value));
        var replica = builder.redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            var address = URI.create("http://localhost:" + port + "/ws");
            Awaitility.await().atMost(60, TimeUnit.SECONDS).ignoreExceptions().until(() -> answers(port));
            try (var first = LiveSocket.open(address, "?topics=*", "viewer");
                    var second = LiveSocket.open(address, "", "viewer")) {
                first.next("subscribed");
                second.send("{'op':'ping'}").next("pong");
                replica.destroy();
                assertThat(first.closed().code()).isEqualTo(1012);
                assertThat(second.closed().code()).isEqualTo(1012);
            }
            assertThat(replica.waitFor(20, TimeUnit.SECONDS)).isTrue();
        } finally {
            replica.destroyForcibly();
        }
    }

    private static boolean answers(int port) throws Exception {
        return HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/q/openapi"))
                                        .build(),
                                HttpResponse.BodyHandlers.discarding())
                        .statusCode()
                == 200;
    }

    private static int freePort() throws Exception {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
