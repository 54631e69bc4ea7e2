package org.pmsevents.http.idempotency;

/** An answer is kept under the key already: somebody else has done what was asked, and this was not done. */
public class KeyTakenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    KeyTakenException(Throwable cause) {
        super("an idempotency key is taken", cause);
    }
}
