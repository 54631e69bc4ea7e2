package org.pmsevents.pms;

import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
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

    private static SecretKey secret(String text, int number) {
        byte[] bytes;
        try {
            bytes = Base64.getDecoder().decode(text.startsWith(PREFIX) ? text.substring(PREFIX.length()) : text);
        } catch (IllegalArgumentException unreadable) {
            // its message quotes the secret
            throw bad(number, "is not base64");
        }
        if (bytes.length < MIN_BYTES || bytes.length > MAX_BYTES) {
            throw bad(number, "has " + bytes.length + " bytes");
        }
        return new SecretKeySpec(bytes, ALGORITHM);
    }

    private static IllegalArgumentException bad(int number, String what) {
        return new IllegalArgumentException("secret " + number + " " + what + "; each is whsec_ and the base64 of "
                + MIN_BYTES + " to " + MAX_BYTES + " bytes, separated by commas");
    }
}
