package org.pmsevents.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.pmsevents.cluster.Cluster;

/** A replica of its own, so that it can be stopped. */
class LiveShutdownIT {
    @Test
    void aReplicaThatStopsClosesWith1012() throws Exception {
        try (var cluster = new Cluster(Map.of())) {
            var replica = cluster.start(0);
            await().until(replica::isReady);
            var address = replica.address().resolve("/ws");
            try (var first = LiveSocket.open(address, "?topics=*", "viewer");
                    var second = LiveSocket.open(address, "", "viewer")) {
                first.next("subscribed");
                second.send("{'op':'ping'}").next("pong");
                replica.terminate();
                assertThat(first.closed().code()).isEqualTo(1012);
                assertThat(second.closed().code()).isEqualTo(1012);
            }
        }
    }
}
