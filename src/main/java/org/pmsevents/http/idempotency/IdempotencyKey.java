package org.pmsevents.http.idempotency;

import io.vertx.core.buffer.Buffer;

/**
 * A request's {@code Idempotency-Key} as it is stored and compared.
 *
 * @param scope SHA-256 of caller, method, path and key: whose key it is
 * @param fingerprint SHA-256 of query and body: what was asked under it
 * @param traceId of this request
 * @param replayed tells the caller that the answer is an earlier one
 */
public record IdempotencyKey(Buffer scope, Buffer fingerprint, String traceId, Runnable replayed) {}
