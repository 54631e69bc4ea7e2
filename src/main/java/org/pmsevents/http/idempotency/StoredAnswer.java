package org.pmsevents.http.idempotency;

import io.vertx.core.buffer.Buffer;
import org.pmsevents.platform.problem.AppException;

/**
 * The answer to the first request under a key.
 *
 * @param fingerprint of that request
 * @param refused whether the answer is a refusal, stored in the format of {@link Refusals}
 * @param answer JSON in a format that the flow defines
 * @param traceId of that request
 */
public record StoredAnswer(Buffer fingerprint, boolean refused, String answer, String traceId) {

    /**
     * This answer, replayed to a request under the same key.
     *
     * @throws AppException {@link ExactlyOnce.Key#reused} if the request differs; the stored refusal, if this is one
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
