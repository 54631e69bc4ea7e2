package org.pmsevents.alert;

import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.URI;
import java.util.Map;
import org.eclipse.microprofile.faulttolerance.CircuitBreaker;
import org.eclipse.microprofile.faulttolerance.Timeout;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.tracing.Span;
import org.pmsevents.platform.tracing.TraceId;
import org.pmsevents.platform.tracing.Tracing;
import org.pmsevents.platform.tracing.Tracing.Kind;

/** Posts to the alert webhook, with timeout and circuit breaker. Follows no redirect and reads only the head of the answer. */
@ApplicationScoped
@Timeout
@CircuitBreaker
public class AlertWebhookGateway {
    private static final int CONNECT_MILLIS = 3_000;
    private static final long DRAIN_MILLIS = 5_000;
    private static final int REQUEST_TIMEOUT = 408;
    private static final int TOO_MANY_REQUESTS = 429;
    private static final int SERVER_ERROR = 500;

    private final HttpClient client;
    private final Vertx vertx;
    private final Tracing tracing;

    AlertWebhookGateway(Vertx vertx, Tracing tracing) {
        this.vertx = vertx;
        this.tracing = tracing;
        this.client = vertx.createHttpClient(
                new HttpClientOptions().setConnectTimeout(CONNECT_MILLIS).setKeepAlive(false));
    }

    @PreDestroy
    void close() {
        client.close();
    }

    /** An answer after which the request may be retried: 408, 429 and 5xx. */
    static final class RetryableStatusException extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final @Nullable String retryAfter;

        RetryableStatusException(int status, @Nullable String retryAfter) {
            super("answered " + status);
            this.retryAfter = retryAfter;
        }

        @Nullable
        String retryAfter() {
            return retryAfter;
        }
    }

    /**
     * Posts JSON; returns the status of the answer.
     *
     * @throws RetryableStatusException for a status after which the request may be retried
     */
    Uni<Integer> post(URI url, Map<String, String> headers, byte[] body, RequestContext context) {
        return tracing.within(Kind.CLIENT, "POST", context, span -> post(url, headers, body, context, span));
    }

    private Uni<Integer> post(URI url, Map<String, String> headers, byte[] body, RequestContext context, Span span) {
        span.with("http.request.method", "POST").with("server.address", url.getAuthority());
        var options = new RequestOptions().setMethod(HttpMethod.POST).setAbsoluteURI(url.toString());
        headers.forEach(options::putHeader);
        options.putHeader("traceparent", TraceId.traceparent(context.under(span), tracing));
        return Uni.createFrom()
                .completionStage(() -> client.request(options)
                        .compose(request ->
                                request.send(Buffer.buffer(body)).onSuccess(answer -> drain(request, answer)))
                        .toCompletionStage())
                .invoke(answer -> span.with("http.response.status_code", answer.statusCode()))
                .map(AlertWebhookGateway::judge);
    }

    private static int judge(HttpClientResponse answer) {
        int status = answer.statusCode();
        if (status == REQUEST_TIMEOUT || status == TOO_MANY_REQUESTS || status >= SERVER_ERROR) {
            throw new RetryableStatusException(status, answer.getHeader("Retry-After"));
        }
        return status;
    }

    /** Only the status counts: a body is discarded, and an endless one is cut off. */
    private void drain(HttpClientRequest request, HttpClientResponse answer) {
        long limit = vertx.setTimer(DRAIN_MILLIS, timer -> request.connection().close());
        answer.exceptionHandler(cutOff -> {}).end().onComplete(ended -> vertx.cancelTimer(limit));
    }
}
