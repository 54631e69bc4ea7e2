package org.pmsevents.http.idempotency;

import io.vertx.core.buffer.Buffer;
import org.pmsevents.platform.problem.AppException;

/**
 * What was answered to the first request under a key.
 *
 * @param fingerprint of that request
 * @param refused whether it was a refusal, stored in the form of {@link Refusals}
 * @param answer JSON text in a form of the flow's own
 * @param traceId of that request
 */
public record StoredAnswer(Buffer fingerprint, boolean refused, String answer, String traceId) {

    /**
     * This, as the answer to a request under the same key.
     *
     * @throws AppException {@link ExactlyOnce.Key#reused} if that is another request; the refusal, if this was one
     */
    public StoredAnswer replayedTo(ExactlyOnce.Key key) {
        if (!fingerprint.equals(key.fingerprint())) {
            throw key.reused();
        }
        key.markReplayed();
        if (refused) {
            throw Refusals.read(answer).tracedAs(traceId);
        }
        return this;
    }
}
