package org.pmsevents.http.issuer;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.util.concurrent.TimeUnit;

/** Reads the small documents of an issuer: within 5 s, up to 1 MiB, without following redirects. */
final class IssuerClient {
    private static final int MAX_BYTES = 1024 * 1024;
    private static final int CONNECT_TIMEOUT_MILLIS = 2_000;
    private static final long TIMEOUT_MILLIS = 5_000;

    private final HttpClient http;
    private final Vertx vertx;

    IssuerClient(Vertx vertx) {
        this.vertx = vertx;
        this.http = vertx.createHttpClient(new HttpClientOptions()
                .setConnectTimeout(CONNECT_TIMEOUT_MILLIS)
                .setKeepAlive(false)
                .setMaxPoolSize(1));
    }

    /** @param accept the types of content that are wanted */
    Future<Buffer> read(String url, String accept) {
        return http.request(new RequestOptions()
                        .setMethod(HttpMethod.GET)
                        .setAbsoluteURI(url)
                        .setTimeout(TIMEOUT_MILLIS)
                        .putHeader("Accept", accept))
                // the body is read on the request's own context: on another one, a short answer could have ended before
                .compose(request -> request.send().compose(this::body));
    }

    private Future<Buffer> body(HttpClientResponse response) {
        if (response.statusCode() != 200) {
            response.exceptionHandler(closed -> {}).request().connection().close();
            return Future.failedFuture("answered with status " + response.statusCode());
        }
        var body = Buffer.buffer();
        var whole = Promise.<Buffer>promise();
        // the client's own timeout begins anew with each part
        long late = vertx.setTimer(TIMEOUT_MILLIS, timer -> {
            whole.tryFail("took longer than " + TimeUnit.MILLISECONDS.toSeconds(TIMEOUT_MILLIS) + " s");
            response.request().connection().close();
        });
        response.handler(part -> {
                    if (body.length() + part.length() > MAX_BYTES) {
                        whole.tryFail("larger than " + MAX_BYTES + " bytes");
                        response.request().connection().close();
                    } else {
                        body.appendBuffer(part);
                    }
                })
                .exceptionHandler(whole::tryFail)
                .endHandler(end -> whole.tryComplete(body));
        return whole.future().onComplete(done -> vertx.cancelTimer(late));
    }
}
