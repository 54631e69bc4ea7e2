package org.pmsevents.http.idempotency;

import io.vertx.core.buffer.Buffer;
import org.pmsevents.platform.problem.AppException;

/**
 * What was answered to the first request under a key.
 *
 * @param refused whether it was a refusal, kept in the form of {@link Refusals}
 * @param answer JSON text in a form of the flow's own
 * @param traceId of that request
 */
public record StoredAnswer(Buffer scope, Buffer fingerprint, boolean refused, String answer, String traceId) {

    /**
     * This, as the answer to a request under the same key.
     *
     * @throws AppException 422 {@code idempotency-key-reused} if that asks for something else; the refusal, if this was one
     */
    public StoredAnswer replayedTo(IdempotencyKey key) {
        if (!fingerprint.equals(key.fingerprint())) {
            throw AppException.unprocessable(
                    "idempotency-key-reused", "This Idempotency-Key was sent before with another request.");
        }
        key.replayed().run();
        if (refused) {
            throw Refusals.read(answer).tracedAs(traceId);
        }
        return this;
    }
}
