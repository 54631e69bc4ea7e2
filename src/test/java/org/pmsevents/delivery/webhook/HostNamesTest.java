package org.pmsevents.delivery.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.pmsevents.Pure;

@Pure
class HostNamesTest {
    @Test
    void namesAreResolvedBesideTheEventLoopAndComeBackToIt() {
        var vertx = Vertx.vertx();
        var names = new HostNames(vertx);
        try {
            var context = vertx.getOrCreateContext();
            var came = new CompletableFuture<Boolean>();
            context.runOnContext(go -> names.resolve("localhost")
                    .onFailure(came::completeExceptionally)
                    .onSuccess(found -> came.complete(Vertx.currentContext() == context
                            && !found.isEmpty()
                            && found.stream().allMatch(InetAddress::isLoopbackAddress))));
            assertThat(came.join()).isTrue();
        } finally {
            names.close();
            vertx.close();
        }
    }
}
