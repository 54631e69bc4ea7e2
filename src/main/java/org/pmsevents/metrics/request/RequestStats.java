package org.pmsevents.metrics.request;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import org.pmsevents.metrics.Counts;
import org.pmsevents.metrics.LatencyHistogram;

/**
 * The statistics of the requests to this replica: as meters, one histogram for each route, method and status, and as counts for the
 * cluster's sums. The service itself defines all labels, so their number is bounded whatever clients send.
 */
@Singleton
public class RequestStats {
    private static final String NAME = "http.server.requests";
    private static final Duration[] BUCKETS = {
        Duration.ofMillis(1),
        Duration.ofNanos(2_500_000),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2_500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10)
    };

    private final MeterRegistry meters;
    private final Map<Answer, Measured> answers = new ConcurrentHashMap<>();
    private final Map<String, RouteCounts> routes = new ConcurrentHashMap<>();
    private final LongAdder requests = new LongAdder();
    private final LongAdder errors = new LongAdder();

    private record Answer(String method, String route, int status) {}

    private record Measured(Timer timer, RouteCounts route) {}

    private record RouteCounts(AtomicLongArray buckets, AtomicLong errors) {}

    RequestStats(MeterRegistry meters) {
        this.meters = meters;
    }

    /** Adds a request; called on the thread that answers it. */
    public void add(RequestMeasured request) {
        var key = new Answer(request.method(), request.route(), request.status());
        var measured = answers.get(key);
        if (measured == null) {
            measured = answers.computeIfAbsent(key, this::register);
        }
        measured.timer().record(Duration.ofNanos(request.nanos()));
        measured.route().buckets().incrementAndGet(LatencyHistogram.bucket(request.nanos()));
        requests.increment();
        if (request.isError()) {
            measured.route().errors().incrementAndGet();
            errors.increment();
        }
    }

    private Measured register(Answer answer) {
        var timer = Timer.builder(NAME)
                .description(
                        "duration of requests by route, until the head of the answer is sent; without streams and WebSockets")
                .tags(
                        "method", answer.method(),
                        "uri", answer.route(),
                        "status", Integer.toString(answer.status()),
                        "outcome", outcome(answer.status()))
                .serviceLevelObjectives(BUCKETS)
                .register(meters);
        return new Measured(
                timer,
                routes.computeIfAbsent(
                        answer.method() + " " + answer.route(),
                        route -> new RouteCounts(new AtomicLongArray(LatencyHistogram.BUCKETS), new AtomicLong())));
    }

    private static String outcome(int status) {
        return switch (status / 100) {
            case 1 -> "INFORMATIONAL";
            case 2 -> "SUCCESS";
            case 3 -> "REDIRECTION";
            case 4 -> "CLIENT_ERROR";
            default -> "SERVER_ERROR";
        };
    }

    /** The number of requests since the start. */
    public long requests() {
        return requests.sum();
    }

    /** The number of answers with a status 5xx since the start. */
    public long errors() {
        return errors.sum();
    }

    /** Adds the counts since the last call. */
    public void drainTo(Counts counts) {
        routes.forEach((route, counted) -> {
            for (int bucket = 0; bucket < LatencyHistogram.BUCKETS; bucket++) {
                if (counted.buckets().get(bucket) > 0) {
                    counts.addRequests(route, bucket, counted.buckets().getAndSet(bucket, 0));
                }
            }
            counts.addErrors(route, counted.errors().getAndSet(0));
        });
    }
}
