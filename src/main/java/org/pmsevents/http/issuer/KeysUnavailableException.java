package org.pmsevents.http.issuer;

import org.jspecify.annotations.Nullable;

/** The key set can't be fetched, so the token can't be verified. */
public final class KeysUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    KeysUnavailableException(@Nullable Throwable cause) {
        super("The key set for tokens can't be fetched", cause, false, false);
    }
}
