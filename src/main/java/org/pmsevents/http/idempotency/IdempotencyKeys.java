package org.pmsevents.http.idempotency;

import io.quarkus.vertx.http.runtime.CurrentVertxRequest;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;
import org.pmsevents.http.security.CurrentRequest;
import org.pmsevents.platform.problem.AppException;

/**
 * Reads the {@code Idempotency-Key} of the current request: 1 to 255 printable ASCII characters, quoted or bare
 * (draft-ietf-httpapi-idempotency-key-header).
 */
@Singleton
public class IdempotencyKeys {
    private static final String HEADER = "Idempotency-Key";
    private static final String REPLAYED = "Idempotent-Replayed";
    private static final int MAX_LENGTH = 255;

    private final CurrentVertxRequest request;

    IdempotencyKeys(CurrentVertxRequest request) {
        this.request = request;
    }

    /** The digest of a body that is not read as a whole. */
    public static MessageDigest ofStream() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /**
     * The key of the current request, null if it has none.
     *
     * @param body null if there is none, or it is known later ({@link IdempotencyKey#withBody})
     * @throws AppException 400 {@code invalid-header}
     */
    public @Nullable IdempotencyKey current(byte @Nullable [] body) {
        RoutingContext routing = request.getCurrent();
        var sent = routing.request().headers().getAll(HEADER);
        if (sent.isEmpty()) {
            return null;
        }
        if (sent.size() > 1) {
            throw invalid();
        }
        var origin = CurrentRequest.of(routing);
        var key = unquoted(sent.get(0).strip());
        var query = routing.request().query();
        return new IdempotencyKey(
                digest(
                        bytes(origin.actor()),
                        bytes(routing.request().method().name()),
                        bytes(CanonicalUri.path(routing.normalizedPath())),
                        bytes(key)),
                digest(bytes(query == null ? "" : CanonicalUri.query(query)), body == null ? new byte[0] : body),
                origin.traceId(),
                () -> routing.response().putHeader(REPLAYED, "true"));
    }

    private static String unquoted(String sent) {
        boolean quoted = sent.length() >= 2 && sent.startsWith("\"") && sent.endsWith("\"");
        var key = quoted ? sent.substring(1, sent.length() - 1) : sent;
        if (key.isEmpty() || key.length() > MAX_LENGTH || !key.chars().allMatch(IdempotencyKeys::isAllowed)) {
            throw invalid();
        }
        return key;
    }

    private static boolean isAllowed(int c) {
        return c >= 0x20 && c <= 0x7E && c != '"';
    }

    private static AppException invalid() {
        return AppException.of(
                400, "invalid-header", "Idempotency-Key must be one key of 1 to 255 printable ASCII characters.");
    }

    /** Each part is preceded by its length, so that different lists of parts have different digests. */
    static Buffer digest(byte[]... parts) {
        var digest = ofStream();
        for (var part : parts) {
            digest.update(Buffer.buffer(4).appendInt(part.length).getBytes());
            digest.update(part);
        }
        return Buffer.buffer(digest.digest());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
