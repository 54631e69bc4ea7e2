package org.pmsevents.metrics.resource;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.pmsevents.delivery.websocket.LiveSessions;
import org.pmsevents.event.feed.Feed;
import org.pmsevents.metrics.Numbers;
import org.pmsevents.metrics.Resources;
import org.pmsevents.metrics.cluster.MetricsGateway;
import org.pmsevents.platform.database.BoundedPool;
import org.pmsevents.platform.identity.ReplicaName;
import org.pmsevents.queue.api.QueueReads;

/** Measures the resources and the lag of this replica. A value that is not available in time is reported as unknown. */
@ApplicationScoped
public class ResourceChecks {
    private static final Duration ANSWER = Duration.ofSeconds(2);

    private final ContainerMemory memory = new ContainerMemory(Path.of("/"));
    private final MetricsGateway gateway;
    private final EventLoopLag lag;
    private final LiveSessions sessions;
    private final Feed feed;
    private final QueueReads queue;
    private final MeterRegistry meters;
    private final Vertx vertx;
    private final String replica;
    private final Instant startedAt;
    private final PoolUse pool;
    private final Timer pings;

    private record Memory(OptionalLong used, OptionalLong limit) {}

    ResourceChecks(
            MetricsGateway gateway,
            EventLoopLag lag,
            LiveSessions sessions,
            Feed feed,
            QueueReads queue,
            BoundedPool pool,
            ReplicaName replica,
            MeterRegistry meters,
            Clock clock,
            Vertx vertx) {
        this.gateway = gateway;
        this.lag = lag;
        this.sessions = sessions;
        this.feed = feed;
        this.queue = queue;
        this.meters = meters;
        this.vertx = vertx;
        this.replica = replica.value();
        this.startedAt = clock.instant();
        this.pool = new PoolUse(meters, pool.maxSize());
        this.pings = Timer.builder("pms.redis.ping")
                .description("response time of Redis")
                .register(meters);
    }

    Uni<Resources> check() {
        return Uni.createFrom().deferred(this::checkAll);
    }

    private Uni<Resources> checkAll() {
        return Uni.combine()
                .all()
                .unis(readMemory(), pingRedis(), oldestJob())
                .with((memory, redis, oldest) -> new Resources(
                        replica,
                        startedAt,
                        heap(),
                        new Resources.Rss(boxed(memory.used()), boxed(memory.limit())),
                        new Resources.Cpu(share("process.cpu.usage"), share("system.cpu.usage")),
                        Numbers.rounded(lag.takeWorst().toNanos() / 1e6),
                        pool.read(),
                        redis,
                        new Resources.Websocket(sessions.size(), sessions.queuedBytes()),
                        feed(),
                        new Resources.Jobs(queue.running(), oldest.orElse(null))));
    }

    /** Runs on a worker thread, because it reads files, if only of the kernel. */
    private Uni<Memory> readMemory() {
        return Uni.createFrom()
                .completionStage(() -> vertx.executeBlocking(() -> new Memory(memory.used(), memory.limit()), false)
                        .toCompletionStage())
                .ifNoItem()
                .after(ANSWER)
                .recoverWithItem(new Memory(OptionalLong.empty(), OptionalLong.empty()));
    }

    private Uni<Resources.Redis> pingRedis() {
        return Uni.createFrom().deferred(() -> {
            long begun = System.nanoTime();
            return gateway.ping()
                    .ifNoItem()
                    .after(ANSWER)
                    .fail()
                    .map(answered -> {
                        long nanos = System.nanoTime() - begun;
                        pings.record(nanos, TimeUnit.NANOSECONDS);
                        return new Resources.Redis(true, Numbers.rounded(nanos / 1e6));
                    })
                    .onFailure()
                    .recoverWithItem(new Resources.Redis(false, null));
        });
    }

    /** Empty if PostgreSQL does not answer. */
    private Uni<Optional<Double>> oldestJob() {
        return queue.oldest()
                .map(oldest -> Optional.of(oldest.map(Numbers::rounded).orElse(0.0)))
                .ifNoItem()
                .after(ANSWER)
                .fail()
                .onFailure()
                .recoverWithItem(Optional.empty());
    }

    private static Resources.Heap heap() {
        var runtime = Runtime.getRuntime();
        return new Resources.Heap(runtime.totalMemory() - runtime.freeMemory(), runtime.maxMemory());
    }

    private Resources.Feed feed() {
        long position = Math.max(0, feed.position());
        long head = Math.max(position, feed.head());
        return new Resources.Feed(position, head, head - position);
    }

    /** As measured by Micrometer; 0 if the system does not report it. */
    private double share(String gauge) {
        var found = meters.find(gauge).gauge();
        double share = found == null ? 0 : found.value();
        return share > 0 ? Numbers.rounded(Math.min(1, share)) : 0;
    }

    private static @Nullable Long boxed(OptionalLong bytes) {
        return bytes.isPresent() ? Long.valueOf(bytes.getAsLong()) : null;
    }
}
