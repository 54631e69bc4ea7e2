package org.pmsevents.faults;

import static org.pmsevents.Waiting.await;

import io.restassured.RestAssured;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.pmsevents.cluster.Cluster;
import org.pmsevents.cluster.NetworkLink;
import org.pmsevents.cluster.Replica;

/** Three replicas, each at an address that it keeps when it is replaced, and with a network of its own to PostgreSQL and Redis. */
final class Fleet implements AutoCloseable {
    static final int SIZE = 3;
    private static final String POSTGRES = "QUARKUS_DATASOURCE_REACTIVE_URL";
    private static final String REDIS = "QUARKUS_REDIS_HOSTS";

    private final Cluster cluster;
    private final List<Member> members = new ArrayList<>();
    private final List<Replica> all = new ArrayList<>();

    Fleet(Cluster cluster) throws IOException {
        this.cluster = cluster;
        var environment = cluster.environment();
        for (int i = 0; i < SIZE; i++) {
            members.add(new Member(environment));
        }
    }

    /** The place of a replica. */
    final class Member {
        private final int port = Cluster.freePort();
        private final Map<String, String> environment;
        private final JumpingClock clock;
        private final NetworkLink postgres;
        private final NetworkLink redis;
        private Replica replica;

        private Member(Map<String, String> direct) throws IOException {
            clock = new JumpingClock("replica-" + port);
            postgres = new NetworkLink(server(direct, POSTGRES));
            redis = new NetworkLink(server(direct, REDIS));
            environment = new HashMap<>(direct);
            environment.computeIfPresent(POSTGRES, (name, url) -> postgres.through(url));
            environment.computeIfPresent(REDIS, (name, url) -> redis.through(url));
            replica = started();
        }

        private Replica started() throws IOException {
            var begun = Replica.isNative()
                    ? cluster.start(port, environment)
                    : cluster.start(port, environment, clock.option());
            all.add(begun);
            return begun;
        }

        /** A new process at the address of the old one, which has ended. */
        void startAgain() throws IOException {
            replica = started();
        }

        Replica replica() {
            return replica;
        }

        URI address() {
            return URI.create("http://127.0.0.1:" + port);
        }

        /** Of its machine; a native executable has none that jumps. */
        JumpingClock clock() {
            return clock;
        }

        NetworkLink postgres() {
            return postgres;
        }

        NetworkLink redis() {
            return redis;
        }

        boolean isReady() {
            try {
                return replica.isReady();
            } catch (Exception notYet) {
                return false;
            }
        }

        /** Whether it is ready and has Redis. */
        boolean isWell() {
            try {
                var feed = RestAssured.get(replica.management().resolve("/q/health/ready"));
                return feed.statusCode() == 200
                        && "reachable".equals(feed.path("checks.find { it.name == 'feed' }.data.redis"));
            } catch (Exception notYet) {
                return false;
            }
        }

        @Override
        public String toString() {
            return "replica " + members.indexOf(this);
        }
    }

    private static URI server(Map<String, String> environment, String variable) {
        return URI.create(environment.getOrDefault(variable, ""));
    }

    List<Member> members() {
        return List.copyOf(members);
    }

    Member any(Random chance) {
        return members.get(chance.nextInt(members.size()));
    }

    List<URI> addresses() {
        return members.stream().map(Member::address).toList();
    }

    void awaitReady(Duration atMost) {
        await("every replica is ready")
                .atMost(atMost)
                .until(() -> members.stream().allMatch(Member::isReady));
    }

    /** Lines of all replicas so far, those included that were killed. */
    List<String> logged(String text) {
        return all.stream().flatMap(replica -> replica.logged(text).stream()).toList();
    }

    @Override
    public void close() {
        members.forEach(member -> {
            member.postgres.close();
            member.redis.close();
        });
    }
}
