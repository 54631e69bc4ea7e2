package org.pmsevents.delivery.webhook;

import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.InetAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.pmsevents.queue.RetryAfter;
import org.pmsevents.subscription.Outcome;
import org.pmsevents.subscription.SubscriptionConfig;

/**
 * Sends a request to a receiver. Its name is resolved first, all of its addresses are judged, and the connection is made to one that was:
 * a name that changes in between changes nothing. Follows no redirect, takes the first KiB of an answer, and ends after 15 s.
 */
@ApplicationScoped
class ReceiverClient {
    private static final Duration LIMIT = Duration.ofSeconds(15);
    private static final Duration LONGEST_RETRY_AFTER = Duration.ofHours(24);
    private static final int CONNECT_MILLIS = 5_000;
    /** To a server, of all subscriptions; each is bounded by its lanes. One for which there is none is not made to wait. */
    private static final int MOST_CONNECTIONS = 1_024;

    private static final int KEEP_ALIVE_SECONDS = 30;
    private static final int MOST_ANSWER = 1_024;
    private static final int GONE = 410;
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int UNAVAILABLE = 503;

    private final Vertx vertx;
    private final HttpClient client;
    private final HostNames names;
    private final AddressRules rules;
    private final Clock clock;

    ReceiverClient(Vertx vertx, SubscriptionConfig config, Clock clock) {
        this.vertx = vertx;
        this.clock = clock;
        this.rules = new AddressRules(Network.parse(config.allow().orElse("")));
        this.names = new HostNames(vertx);
        this.client = vertx.createHttpClient(
                new HttpClientOptions()
                        .setConnectTimeout(CONNECT_MILLIS)
                        .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
                        .setVerifyHost(true)
                        .setMaxWaitQueueSize(0)
                        .setMaxRedirects(1),
                new PoolOptions().setHttp1MaxSize(MOST_CONNECTIONS));
    }

    @PreDestroy
    void close() {
        client.close();
        names.close();
    }

    /** A request that may not be made. */
    private static final class NotAllowedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        NotAllowedException(String message) {
            super(message, null, false, false);
        }
    }

    AddressRules rules() {
        return rules;
    }

    /** A request that is under way: what is known of its answer, and how to cut it off. */
    private static final class Exchange {
        private final long begun = System.nanoTime();
        private final Promise<Outcome> outcome = Promise.promise();
        private final AtomicReference<@Nullable HttpClientRequest> request = new AtomicReference<>();
        private @Nullable HttpClientResponse answer;
        private final Buffer head = Buffer.buffer();
        private boolean cut;

        private long millis() {
            return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun);
        }

        private synchronized void cutOff() {
            cut = true;
            var sent = request.get();
            if (sent != null) {
                sent.connection().close();
            }
        }

        private synchronized boolean isCut() {
            return cut;
        }
    }

    /** Posts; never fails. */
    Uni<Outcome> post(URI url, Map<String, String> headers, byte[] body) {
        return Uni.createFrom().completionStage(() -> {
            var exchange = new Exchange();
            long timer = vertx.setTimer(LIMIT.toMillis(), late -> late(exchange));
            resolve(url)
                    .compose(address -> exchange.isCut()
                            ? Future.failedFuture("it has taken too long")
                            : request(url, address, headers))
                    .onFailure(failure -> exchange.outcome.tryComplete(unreachable(exchange, failure)))
                    .onSuccess(request -> send(exchange, request, body));
            return exchange.outcome
                    .future()
                    .onComplete(ended -> vertx.cancelTimer(timer))
                    .toCompletionStage();
        });
    }

    private Future<InetAddress> resolve(URI url) {
        var host = AddressRules.host(url);
        boolean plain = url.getScheme().equalsIgnoreCase("http");
        var literal = Network.literal(host);
        return (literal == null ? names.resolve(host) : Future.succeededFuture(List.of(literal))).map(addresses -> {
            rules.fault(addresses, plain).ifPresent(fault -> {
                throw new NotAllowedException(fault);
            });
            return addresses.get(0);
        });
    }

    private Future<HttpClientRequest> request(URI url, InetAddress address, Map<String, String> headers) {
        boolean ssl = url.getScheme().equalsIgnoreCase("https");
        int port = url.getPort() > 0 ? url.getPort() : ssl ? 443 : 80;
        var path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
        var options = new RequestOptions()
                .setMethod(HttpMethod.POST)
                .setServer(SocketAddress.inetSocketAddress(port, address.getHostAddress()))
                .setHost(AddressRules.host(url))
                .setPort(port)
                .setSsl(ssl)
                .setFollowRedirects(false)
                .setURI(url.getRawQuery() == null ? path : path + "?" + url.getRawQuery());
        headers.forEach(options::putHeader);
        return client.request(options);
    }

    private void send(Exchange exchange, HttpClientRequest request, byte[] body) {
        exchange.request.set(request);
        if (exchange.isCut()) {
            exchange.cutOff();
            return;
        }
        request.send(Buffer.buffer(body))
                .onFailure(failure -> exchange.outcome.tryComplete(unreachable(exchange, failure)))
                .onSuccess(answer -> read(exchange, answer));
    }

    /** The status decides; of the body as much is read as is shown. */
    private void read(Exchange exchange, HttpClientResponse answer) {
        exchange.answer = answer;
        answer.exceptionHandler(failure -> exchange.outcome.tryComplete(answered(exchange, answer)));
        answer.endHandler(end -> exchange.outcome.tryComplete(answered(exchange, answer)));
        answer.handler(part -> {
            exchange.head.appendBuffer(part.slice(0, Math.min(part.length(), MOST_ANSWER - exchange.head.length())));
            if (exchange.head.length() >= MOST_ANSWER) {
                answer.handler(more -> {});
                exchange.outcome.tryComplete(answered(exchange, answer));
                exchange.cutOff();
            }
        });
    }

    private void late(Exchange exchange) {
        var answer = exchange.answer;
        exchange.outcome.tryComplete(answer == null ? unanswered(exchange) : answered(exchange, answer));
        exchange.cutOff();
    }

    private static Outcome unanswered(Exchange exchange) {
        boolean wasSent = exchange.request.get() != null;
        return new Outcome(
                wasSent ? Outcome.Kind.REFUSED : Outcome.Kind.UNAVAILABLE,
                null,
                (wasSent ? "No answer within " : "Not sent: no connection within ") + LIMIT.toSeconds() + " s.",
                null,
                exchange.millis(),
                null);
    }

    private Outcome answered(Exchange exchange, HttpClientResponse answer) {
        int status = answer.statusCode();
        var retryAfter = RetryAfter.parse(answer.getHeader("Retry-After"), clock.instant(), LONGEST_RETRY_AFTER)
                .orElse(null);
        return new Outcome(
                kind(status, retryAfter),
                status,
                status / 100 == 2 ? null : "Answered " + status + ".",
                exchange.head.length() == 0
                        ? null
                        : exchange.head.toString(StandardCharsets.UTF_8).replace('\0', ' '),
                exchange.millis(),
                retryAfter);
    }

    private static Outcome.Kind kind(int status, @Nullable Duration retryAfter) {
        if (status / 100 == 2) {
            return Outcome.Kind.DELIVERED;
        }
        if (status == GONE) {
            return Outcome.Kind.GONE;
        }
        return status == TOO_MANY_REQUESTS || (status == UNAVAILABLE && retryAfter != null)
                ? Outcome.Kind.UNAVAILABLE
                : Outcome.Kind.REFUSED;
    }

    private static Outcome unreachable(Exchange exchange, Throwable failure) {
        // a connection that ends in the middle may have to do with what was sent
        boolean wasSent = exchange.request.get() != null;
        return new Outcome(
                wasSent ? Outcome.Kind.REFUSED : Outcome.Kind.UNAVAILABLE,
                null,
                failure instanceof NotAllowedException
                        ? String.valueOf(failure.getMessage())
                        : (wasSent ? "No answer: " : "Not sent: ") + failure,
                null,
                exchange.millis(),
                null);
    }
}
