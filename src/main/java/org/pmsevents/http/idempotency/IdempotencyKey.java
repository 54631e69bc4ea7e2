package org.pmsevents.http.idempotency;

import io.vertx.core.buffer.Buffer;
import org.pmsevents.platform.database.OutcomeUnknownException;
import org.pmsevents.platform.problem.AppException;

/**
 * A request's {@code Idempotency-Key} as it is stored and compared.
 *
 * @param scope SHA-256 of caller, method, path and key, the path in its one spelling ({@link CanonicalUri}); identifies the stored answer
 * @param fingerprint SHA-256 of query and body; identifies the request
 * @param traceId of this request
 * @param replayed marks the response as a replay
 */
public record IdempotencyKey(Buffer scope, Buffer fingerprint, String traceId, Runnable replayed)
        implements ExactlyOnce.Key {

    /**
     * The same for a body that was read in pieces.
     *
     * @param digest of the body ({@link IdempotencyKeys#ofStream})
     */
    public IdempotencyKey withBody(Buffer digest) {
        return new IdempotencyKey(
                scope, IdempotencyKeys.digest(fingerprint.getBytes(), digest.getBytes()), traceId, replayed);
    }

    @Override
    public void markReplayed() {
        replayed.run();
    }

    @Override
    public AppException reused() {
        return AppException.unprocessable(
                "idempotency-key-reused", "This Idempotency-Key was sent before with another request.");
    }

    @Override
    public AppException busy() {
        return AppException.conflict("idempotency-key-busy", "A request with this Idempotency-Key is still under way.");
    }

    @Override
    public Throwable outcomeUnknown(OutcomeUnknownException cause) {
        return cause;
    }
}
