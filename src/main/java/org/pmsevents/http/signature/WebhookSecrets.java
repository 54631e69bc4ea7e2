package org.pmsevents.http.signature;

import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/** Reads the secrets of webhooks as Standard Webhooks writes them; what it complains of never contains a secret. */
public final class WebhookSecrets {
    /** The HMAC that signatures of version {@code v1} are made by. */
    static final String ALGORITHM = "HmacSHA256";

    private static final String PREFIX = "whsec_";
    private static final int MIN_BYTES = 24;
    private static final int MAX_BYTES = 64;

    private WebhookSecrets() {}

    /**
     * The secrets of a setting, separated by commas.
     *
     * @throws IllegalArgumentException if one is none; says which one it is, and nothing of what is in it
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

    /** What is wrong with a single secret, without a word of it. */
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
        return new IllegalArgumentException("secret " + number + " " + what + "; each is whsec_ and the base64 of "
                + MIN_BYTES + " to " + MAX_BYTES + " bytes, separated by commas");
    }
}
