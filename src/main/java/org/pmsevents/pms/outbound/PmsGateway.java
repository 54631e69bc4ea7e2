package org.pmsevents.pms.outbound;

import io.quarkus.rest.client.reactive.QuarkusRestClientBuilder;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.faulttolerance.Bulkhead;
import org.eclipse.microprofile.faulttolerance.CircuitBreaker;
import org.eclipse.microprofile.faulttolerance.Retry;
import org.eclipse.microprofile.faulttolerance.Timeout;
import org.eclipse.microprofile.faulttolerance.exceptions.BulkheadException;
import org.eclipse.microprofile.faulttolerance.exceptions.CircuitBreakerOpenException;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.tracing.Span;
import org.pmsevents.platform.tracing.TraceId;
import org.pmsevents.platform.tracing.Tracing;
import org.pmsevents.platform.tracing.Tracing.Kind;
import org.pmsevents.queue.RetryAfter;

/**
 * Makes all calls to the PMS. A call has a timeout, and the number of concurrent calls is bounded. Temporary failures are retried quickly.
 * If calls keep failing, a circuit breaker stops them for a while.
 */
@ApplicationScoped
@Retry(
        abortOn = {
            PmsFailure.Refused.class,
            PmsFailure.Busy.class,
            CircuitBreakerOpenException.class,
            BulkheadException.class
        })
@CircuitBreaker(skipOn = {PmsFailure.Refused.class, BulkheadException.class})
@Timeout
@Bulkhead
public class PmsGateway {
    private static final int CONFLICT = 409;
    private static final int REQUEST_TIMEOUT = 408;
    private static final int TOO_MANY_REQUESTS = 429;

    /** Longer than the timeout of a call, which ends it first. Closes connections that nothing waits for any more. */
    private static final int READ_SECONDS = 30;

    private static final int CONNECT_SECONDS = 2;

    /** The longest {@code Retry-After} that is honoured. */
    private static final Duration LONGEST_RETRY_AFTER = Duration.ofHours(1);

    private final Clock clock;
    private final Optional<PmsClient> client;
    private final @Nullable String authorization;
    private final Tracing tracing;
    private final String address;

    PmsGateway(PmsConfig config, Tracing tracing, Clock clock) {
        this.clock = clock;
        this.client = config.url().map(PmsUrl::parse).map(this::connect);
        this.tracing = tracing;
        this.address =
                config.url().map(PmsUrl::parse).map(url -> url.getAuthority()).orElse("");
        this.authorization = config.token().map(token -> "Bearer " + token).orElse(null);
    }

    /**
     * Sends a product to the PMS.
     *
     * @throws PmsFailure if the PMS refuses the product or does not answer; the policies add failures of their own
     */
    public Uni<PmsAnswer> put(PmsCall call) {
        call.isTried();
        return tracing.within(Kind.CLIENT, "PUT /products/{sku}", call.context(), span -> put(call, span));
    }

    private Uni<PmsAnswer> put(PmsCall call, Span span) {
        span.with("http.request.method", "PUT").with("server.address", address);
        return client.orElseThrow(() -> new IllegalStateException("no PMS is configured"))
                .put(
                        encoded(call.sku()),
                        authorization,
                        call.eventId().toString(),
                        TraceId.traceparent(call.context().under(span), tracing),
                        call.json().getBytes(StandardCharsets.UTF_8))
                .onFailure()
                .transform(PmsFailure.Unavailable::new)
                .map(response -> read(response, span))
                .onFailure(PmsFailure.class)
                .invoke(failure -> call.hasFailed((PmsFailure) failure));
    }

    private PmsClient connect(URI url) {
        return QuarkusRestClientBuilder.newBuilder()
                .baseUri(url)
                .connectTimeout(CONNECT_SECONDS, TimeUnit.SECONDS)
                .readTimeout(READ_SECONDS, TimeUnit.SECONDS)
                .followRedirects(false)
                .disableDefaultMapper(true)
                .build(PmsClient.class);
    }

    private PmsAnswer read(Response response, Span span) {
        try (response) {
            int status = response.getStatus();
            span.with("http.response.status_code", status);
            if (status >= 200 && status < 300) {
                return PmsAnswer.ACCEPTED;
            }
            if (status == CONFLICT) {
                return PmsAnswer.NEWER;
            }
            throw failure(status, response.getHeaderString(HttpHeaders.RETRY_AFTER));
        }
    }

    private PmsFailure failure(int status, @Nullable String retryAfter) {
        if (status < 500 && status != REQUEST_TIMEOUT && status != TOO_MANY_REQUESTS) {
            return new PmsFailure.Refused(status);
        }
        var pause = RetryAfter.parse(retryAfter, clock.instant(), LONGEST_RETRY_AFTER)
                .orElse(null);
        return pause != null || status == TOO_MANY_REQUESTS
                ? new PmsFailure.Busy(status, pause)
                : new PmsFailure.Unavailable(status);
    }

    /** Percent-encodes everything except the unreserved characters of RFC 3986, so that no SKU changes the path. */
    private static String encoded(String sku) {
        return URLEncoder.encode(sku, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("*", "%2A")
                .replace("%7E", "~");
    }
}
