package org.pmsevents.dashboard;

import io.quarkus.runtime.LaunchMode;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.pmsevents.http.FilterOrder;

/**
 * Makes browsers revalidate the files of the dashboard on each use, by an ETag of the content. In a reproducible package all files
 * have the same time, so {@code Last-Modified} would keep old pages in use after an update.
 */
@Singleton
class PageFiles {
    private static final String ROOT = "META-INF/resources";
    private static final String PAGE = "/index.html";
    private static final String FOLDER = "/dashboard/";
    private static final int TAG_BYTES = 16;

    private final Vertx vertx;
    /** ETags by path, of existing files only. */
    private final Map<String, String> tags = new ConcurrentHashMap<>();

    PageFiles(Vertx vertx) {
        this.vertx = vertx;
    }

    void register(@Observes Router router) {
        for (var path : new String[] {"/", PAGE, FOLDER + "*"}) {
            router.route(path)
                    .method(HttpMethod.GET)
                    .method(HttpMethod.HEAD)
                    .order(FilterOrder.PAGE_FILES)
                    .handler(this::revalidate);
        }
    }

    private void revalidate(RoutingContext routing) {
        var path = routing.request().path();
        tagOf(path.equals("/") ? PAGE : path)
                .onSuccess(tag -> answer(routing, tag))
                .onFailure(routing::fail);
    }

    private void answer(RoutingContext routing, @Nullable String tag) {
        if (tag == null) {
            routing.next();
            return;
        }
        routing.response().putHeader(HttpHeaders.ETAG, tag).putHeader(HttpHeaders.CACHE_CONTROL, "no-cache");
        if (isKnown(routing, tag)) {
            routing.response()
                    .setStatusCode(304)
                    .end()
                    .onFailure(gone -> routing.response().reset());
        } else {
            routing.next();
        }
    }

    private static boolean isKnown(RoutingContext routing, String tag) {
        var known = routing.request().getHeader(HttpHeaders.IF_NONE_MATCH);
        return known != null
                && Arrays.stream(known.split(","))
                        .map(String::strip)
                        .anyMatch(one -> one.equals("*") || one.equals(tag) || one.equals("W/" + tag));
    }

    private Future<@Nullable String> tagOf(String path) {
        var known = tags.get(path);
        return known != null ? Future.succeededFuture(known) : vertx.executeBlocking(() -> read(path), false);
    }

    private @Nullable String read(String path) {
        try (var file = open(path)) {
            if (file == null) {
                return null;
            }
            var tag = '"' + hash(file.readAllBytes()) + '"';
            if (LaunchMode.current() != LaunchMode.DEVELOPMENT) {
                tags.put(path, tag);
            }
            return tag;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static @Nullable InputStream open(String path) {
        return path.endsWith("/") || path.contains("..")
                ? null
                : Thread.currentThread().getContextClassLoader().getResourceAsStream(ROOT + path);
    }

    private static String hash(byte[] content) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(content);
            return HexFormat.of().formatHex(digest, 0, TAG_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
