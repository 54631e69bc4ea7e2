package org.pmsevents.http.limits;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.arc.All;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.http.runtime.VertxHttpConfig;
import io.quarkus.vertx.http.runtime.filters.Filters;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.impl.RoutingContextInternal;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pmsevents.http.FilterOrder;
import org.pmsevents.http.limits.BodyMemory.Place;
import org.pmsevents.http.limits.BodyMemory.Sender;
import org.pmsevents.platform.periodic.Periodic;
import org.pmsevents.platform.problem.AppException;

/**
 * Limits request bodies: none is encoded (415), each is limited in length ({@code quarkus.http.limits.max-body-size}, 413) and in time
 * (408), all of them together in memory (503). A long body takes memory as it arrives, not as it is announced. Where there is no room
 * for one more, the body that has been arriving for longest has to go, so that slow senders can't keep the others out; or else the latest
 * of a client that has more than half, so that no client can either. The framework's own check runs later; it would answer with an empty
 * body.
 */
@Singleton
class BodyLimit {
    private static final Duration LOOK = Duration.ofSeconds(1);
    /** How long a body may take to arrive when there is no room for another one. */
    private static final long PATIENCE_NANOS = Duration.ofSeconds(1).toNanos();

    /** A body up to this length is left to the framework to read, and takes the memory that it announces. */
    private static final int SHORT = 64 * 1024;

    private static final String IDENTITY = "identity";
    private static final String EXPECTED = "100-continue";
    private static final String API = "/api/";
    private static final String WEBHOOKS = "/webhooks/";

    private final long longest;
    private final long slowestNanos;
    private final BodyMemory memory;
    private final Periodic periodic;
    private final List<StreamedBodies> streamed;
    private final Counter full;
    private final Counter slow;
    private final Set<Arriving> arriving = ConcurrentHashMap.newKeySet();

    BodyLimit(
            VertxHttpConfig http,
            LimitsConfig config,
            BodyMemory memory,
            Periodic periodic,
            @All List<StreamedBodies> streamed,
            MeterRegistry meters) {
        this.longest = http.limits().maxBodySize().orElseThrow().asLongValue();
        this.slowestNanos = config.bodyTimeout().toNanos();
        this.memory = memory;
        this.periodic = periodic;
        this.streamed = streamed;
        this.full = meters.counter("pms.limits.refused", "limit", "bodies");
        this.slow = meters.counter("pms.limits.refused", "limit", "slow-body");
        if (config.bodyBytes() < 2 * longest) {
            throw new IllegalStateException(
                    "PMS_EVENTS_LIMITS_BODY_BYTES must be at least twice QUARKUS_HTTP_LIMITS_MAX_BODY_SIZE.");
        }
    }

    private record Arriving(RoutingContext routing, Context context, Place place, long begunAt, String client) {}

    void checkAfterAuthentication(@Observes Filters filters) {
        filters.register(this::check, FilterOrder.BODY_LIMIT);
    }

    void start(@Observes StartupEvent started) {
        periodic.action("limits.slow-bodies", LOOK, this::refuseSlow).start();
    }

    private void check(RoutingContext routing) {
        var request = routing.request();
        var path = routing.normalizedPath();
        var stated = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        long length = stated == null ? 0 : length(stated);
        boolean isCall = path.startsWith(API);
        var streams =
                streamed.stream().filter(each -> each.streams(request, path)).findFirst();
        if (streams.isPresent()) {
            leaveToCall(routing, length, streams.get());
        } else if (length > longest) {
            routing.fail(413);
        } else if (!isCall && !path.startsWith(WEBHOOKS)) {
            // nobody reads a body on these paths
            routing.next();
        } else if (!isRead(request) || (stated != null && length == 0)) {
            routing.next();
        } else if (isEncoded(request)) {
            refuseEncoded(routing);
        } else {
            boolean isShort = stated != null && length <= SHORT;
            var arrives = admit(routing, isCall ? Sender.KNOWN : Sender.UNKNOWN, isShort ? length : 0);
            if (arrives == null) {
                return;
            }
            if (isShort) {
                routing.next();
            } else {
                read(arrives);
            }
        }
    }

    /** The framework would refuse it for its length, which it takes from the header. */
    private static void leaveToCall(RoutingContext routing, long length, StreamedBodies streams) {
        if (length > streams.longest()) {
            routing.fail(413);
        } else if (isEncoded(routing.request())) {
            refuseEncoded(routing);
        } else {
            routing.request().headers().remove(HttpHeaders.CONTENT_LENGTH);
            routing.next();
        }
    }

    private static void refuseEncoded(RoutingContext routing) {
        routing.fail(AppException.unsupportedMediaType("The body must not be compressed: send no Content-Encoding.")
                .header(HttpHeaders.ACCEPT_ENCODING.toString(), IDENTITY));
    }

    private static long length(String stated) {
        try {
            return Long.parseLong(stated);
        } catch (NumberFormatException e) {
            return Long.MAX_VALUE;
        }
    }

    /** No coding is decoded here, so an encoded body would be taken for malformed JSON (RFC 9110, sections 8.4 and 15.5.16). */
    private static boolean isEncoded(HttpServerRequest request) {
        return request.headers().getAll(HttpHeaders.CONTENT_ENCODING).stream()
                .flatMap(codings -> Arrays.stream(codings.split(",")))
                .map(String::strip)
                .anyMatch(coding -> !coding.isEmpty() && !coding.equalsIgnoreCase(IDENTITY));
    }

    private static boolean isRead(HttpServerRequest request) {
        return !request.isEnded() && request.method() != HttpMethod.GET && request.method() != HttpMethod.HEAD;
    }

    /** Reserves memory for a body. Without room the request fails and null is returned. */
    @Nullable
    private Arriving admit(RoutingContext routing, Sender sender, long length) {
        var place = memory.enter(sender);
        while (place == null && dropOne(sender, routing, each -> 1, memory.places())) {
            place = memory.enter(sender);
        }
        if (place == null || !take(place, length, routing)) {
            if (place != null) {
                place.leave();
            }
            refuse(routing);
            return null;
        }
        var arrives = new Arriving(routing, Vertx.currentContext(), place, System.nanoTime(), ClientName.of(routing));
        arriving.add(arrives);
        routing.addEndHandler(end -> leave(arrives));
        if (routing.response().ended() || routing.response().closed()) {
            // the client has disconnected during authentication: no further end is reported
            leave(arrives);
            return null;
        }
        return arrives;
    }

    private boolean take(Place place, long bytes, RoutingContext routing) {
        boolean taken = place.take(bytes);
        while (!taken
                && !place.isLeft()
                && dropOne(place.sender(), routing, each -> each.place().taken(), memory.share())) {
            taken = place.take(bytes);
        }
        return taken;
    }

    /** Ends a request to make room for the newcomer; false if there is none that has to go. */
    private boolean dropOne(Sender sender, RoutingContext newcomer, ToLongFunction<Arriving> held, long most) {
        return dropSlowest(sender, newcomer) || dropOfLargest(sender, newcomer, held, most);
    }

    /** Ends the latest request that holds some, of another client that holds more than half of what there is. */
    private boolean dropOfLargest(Sender sender, RoutingContext newcomer, ToLongFunction<Arriving> held, long most) {
        var clients = arriving.stream()
                .filter(each -> each.place().sender() == sender)
                .filter(each -> !each.routing().request().isEnded())
                .collect(Collectors.groupingBy(Arriving::client));
        clients.remove(ClientName.of(newcomer));
        var latest = clients.values().stream()
                .filter(bodies -> bodies.stream().mapToLong(held).sum() > most / 2)
                .flatMap(List::stream)
                .filter(each -> held.applyAsLong(each) > 0)
                .max(Comparator.comparingLong(Arriving::begunAt));
        latest.ifPresent(each -> drop(each, () -> refuse(each.routing())));
        return latest.isPresent();
    }

    private void drop(Arriving dropped, Runnable answer) {
        if (arriving.remove(dropped)) {
            dropped.place().leave();
            dropped.context().runOnContext(go -> {
                if (!dropped.routing().request().isEnded() && !dropped.routing().failed()) {
                    answer.run();
                }
            });
        }
    }

    /** Ends the request whose body has been arriving for longest, if that is too long. Returns false if there is none. */
    private boolean dropSlowest(Sender sender, RoutingContext newcomer) {
        long now = System.nanoTime();
        var slowest = arriving.stream()
                .filter(each -> each.routing() != newcomer && each.place().sender() == sender)
                .filter(each -> now - each.begunAt() > PATIENCE_NANOS)
                .filter(each -> !each.routing().request().isEnded())
                .max(Comparator.comparingLong(each -> now - each.begunAt()));
        slowest.ifPresent(each -> drop(each, () -> refuseAsSlow(each)));
        return slowest.isPresent();
    }

    private void leave(Arriving arrived) {
        arriving.remove(arrived);
        arrived.place().leave();
    }

    private void refuse(RoutingContext routing) {
        full.increment();
        routing.fail(OverLimitException.busy());
    }

    /** Reads a body here, where its length is checked and what has arrived of it is counted. */
    private void read(Arriving arrives) {
        var routing = arrives.routing();
        var body = Buffer.buffer();
        var request = routing.request();
        if (EXPECTED.equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
            routing.response().writeContinue();
            // otherwise quarkus-rest would send it again
            request.headers().remove(HttpHeaders.EXPECT);
        }
        request.exceptionHandler(failure -> fail(routing, failure))
                .endHandler(end -> {
                    if (!routing.failed()) {
                        ((RoutingContextInternal) routing).setBody(body);
                        routing.next();
                    }
                })
                .handler(part -> {
                    if (routing.failed()) {
                        return;
                    }
                    if (body.length() + part.length() > longest) {
                        routing.fail(413);
                    } else if (take(arrives.place(), part.length(), routing)) {
                        body.appendBuffer(part);
                    } else {
                        refuse(routing);
                    }
                })
                .resume();
    }

    /** Failures other than a closed connection mean that the body can't be decoded. */
    private static void fail(RoutingContext routing, Throwable failure) {
        if (failure instanceof HttpClosedException) {
            routing.fail(failure);
        } else {
            routing.fail(400, failure);
        }
    }

    private void refuseSlow() {
        long now = System.nanoTime();
        for (var each : arriving) {
            if (now - each.begunAt() > slowestNanos) {
                each.context().runOnContext(go -> refuseUnlessComplete(each));
            }
        }
    }

    private void refuseUnlessComplete(Arriving late) {
        if (!late.routing().request().isEnded()) {
            drop(late, () -> refuseAsSlow(late));
        }
    }

    private void refuseAsSlow(Arriving late) {
        slow.increment();
        late.routing().fail(408);
    }
}
