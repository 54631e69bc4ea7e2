package org.pmsevents.admin;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Signs what is posted to the admins (Standard Webhooks 1.0.0, scheme {@code v1}); what it complains of never contains the secret. */
final class AlertSignature {
    private static final String ALGORITHM = "HmacSHA256";
    private static final String PREFIX = "whsec_";
    private static final int MIN_BYTES = 24;
    private static final int MAX_BYTES = 64;

    private final SecretKeySpec secret;

    /** @param secret one without a {@link #fault} */
    AlertSignature(String secret) {
        this.secret = new SecretKeySpec(bytes(secret), ALGORITHM);
    }

    /** What is wrong with a secret, without a word of it. */
    static Optional<String> fault(String secret) {
        try {
            int length = bytes(secret).length;
            return length < MIN_BYTES || length > MAX_BYTES
                    ? Optional.of("has " + length + " bytes")
                    : Optional.empty();
        } catch (IllegalArgumentException quotesTheSecret) {
            return Optional.of("is not base64");
        }
    }

    private static byte[] bytes(String secret) {
        return Base64.getDecoder().decode(secret.startsWith(PREFIX) ? secret.substring(PREFIX.length()) : secret);
    }

    /** The value of {@code webhook-signature}. */
    String sign(String id, long epochSeconds, byte[] body) {
        try {
            var mac = Mac.getInstance(ALGORITHM);
            mac.init(secret);
            mac.update((id + "." + epochSeconds + ".").getBytes(StandardCharsets.UTF_8));
            return "v1," + Base64.getEncoder().encodeToString(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has HMAC-SHA256, and any key will do", e);
        }
    }
}
