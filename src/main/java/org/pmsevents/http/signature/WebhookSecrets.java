package org.pmsevents.http.signature;

import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/** Parses webhook secrets in the format of Standard Webhooks. Its error messages never contain a secret. */
public final class WebhookSecrets {
    /** The HMAC of signatures of version {@code v1}. */
    static final String ALGORITHM = "HmacSHA256";

    private static final String PREFIX = "whsec_";
    private static final int MIN_BYTES = 24;
    private static final int MAX_BYTES = 64;

    private WebhookSecrets() {}

    /**
     * The secrets of a setting, separated by commas.
     *
     * @throws IllegalArgumentException if one is invalid; the message gives its number, and no part of the secret
     */
    public static List<SecretKey> parse(String setting) {
        var secrets = new ArrayList<SecretKey>();
        if (!setting.isBlank()) {
            for (var secret : setting.split(",", -1)) {
                secrets.add(secret(secret.strip(), secrets.size() + 1));
            }
        }
        return List.copyOf(secrets);
    }

    /** What is wrong with a single secret; contains no part of it. */
    public static Optional<String> fault(String secret) {
        try {
            int length = bytes(secret).length;
            return length < MIN_BYTES || length > MAX_BYTES
                    ? Optional.of("has " + length + " bytes")
                    : Optional.empty();
        } catch (IllegalArgumentException quotesTheSecret) {
            return Optional.of("is not base64");
        }
    }

    private static SecretKey secret(String text, int number) {
        fault(text).ifPresent(fault -> {
            throw bad(number, fault);
        });
        return new SecretKeySpec(bytes(text), ALGORITHM);
    }

    private static byte[] bytes(String secret) {
        return Base64.getDecoder().decode(secret.startsWith(PREFIX) ? secret.substring(PREFIX.length()) : secret);
    }

    private static IllegalArgumentException bad(int number, String what) {
        return new IllegalArgumentException("secret " + number + " " + what + "; each must be whsec_ and the base64 of "
                + MIN_BYTES + " to " + MAX_BYTES + " bytes, separated by commas");
    }
}
