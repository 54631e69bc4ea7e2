package org.pmsevents.http.signature;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.SecretKey;

/**
 * Signs webhooks and verifies their signatures (Standard Webhooks 1.0.0, symmetric scheme {@code v1}): HMAC-SHA256 over id, time and the
 * body as received, compared in constant time. A signature by any of the secrets is valid, so that secrets can be rotated.
 */
public final class WebhookSignature {
    /** The maximum difference between a webhook's time and the clock of the service, in either direction. */
    private static final Duration TOLERANCE = Duration.ofMinutes(5);

    private static final String VERSION = "v1,";

    /** No full stop: it separates the signed parts, and another split of id and time would have the same signature. */
    private static final Pattern ID = Pattern.compile("[\\x21-\\x2D\\x2F-\\x7E]{1,255}");

    /** Seconds since the epoch, without leading zeros. */
    private static final Pattern TIME = Pattern.compile("[1-9][0-9]{0,11}");

    private final List<SecretKey> secrets;
    private final Clock clock;

    /** @param secrets if empty, every webhook is refused */
    public WebhookSignature(List<SecretKey> secrets, Clock clock) {
        this.secrets = List.copyOf(secrets);
        this.clock = clock;
    }

    /** Why a webhook is refused; for the log and the metrics, never sent to the caller. */
    public enum Fault {
        NO_SECRETS,
        NO_ID,
        BAD_ID,
        NO_TIME,
        BAD_TIME,
        TOO_OLD,
        TOO_NEW,
        NO_SIGNATURE,
        WRONG_SIGNATURE
    }

    /** What is wrong with a webhook; empty if its signature is valid and its time is within the tolerance. */
    public Optional<Fault> fault(Webhook webhook) {
        var fault = faultOfHeaders(webhook);
        return fault.isPresent() || isSigned(webhook) ? fault : Optional.of(Fault.WRONG_SIGNATURE);
    }

    /** What is wrong with the headers of a webhook, whatever its body; empty if the body has to be known to tell. */
    public Optional<Fault> faultOfHeaders(Webhook webhook) {
        if (secrets.isEmpty()) {
            return Optional.of(Fault.NO_SECRETS);
        }
        if (webhook.ids().isEmpty()) {
            return Optional.of(Fault.NO_ID);
        }
        if (webhook.ids().size() > 1 || !ID.matcher(webhook.ids().get(0)).matches()) {
            return Optional.of(Fault.BAD_ID);
        }
        if (webhook.times().isEmpty()) {
            return Optional.of(Fault.NO_TIME);
        }
        if (webhook.times().size() > 1 || !TIME.matcher(webhook.times().get(0)).matches()) {
            return Optional.of(Fault.BAD_TIME);
        }
        long age = clock.instant().getEpochSecond()
                - Long.parseLong(webhook.times().get(0));
        if (age > TOLERANCE.toSeconds()) {
            return Optional.of(Fault.TOO_OLD);
        }
        if (age < -TOLERANCE.toSeconds()) {
            return Optional.of(Fault.TOO_NEW);
        }
        if (webhook.signatures().isEmpty()) {
            return Optional.of(Fault.NO_SIGNATURE);
        }
        boolean knownScheme = webhook.signatures().stream().anyMatch(header -> header.contains(VERSION));
        return knownScheme ? Optional.empty() : Optional.of(Fault.WRONG_SIGNATURE);
    }

    /** The value of {@code webhook-signature} for an outgoing webhook: one signature by each secret. */
    public String sign(String id, long epochSeconds, byte[] body) {
        return secrets.stream()
                .map(secret -> signature(secret, id, Long.toString(epochSeconds), body))
                .collect(Collectors.joining(" "));
    }

    /** Always compares all signatures with all secrets, so that the time does not depend on a match; ignores other versions. */
    private boolean isSigned(Webhook webhook) {
        boolean signed = false;
        for (var secret : secrets) {
            var expected = bytes(
                    signature(secret, webhook.ids().get(0), webhook.times().get(0), webhook.body()));
            for (var header : webhook.signatures()) {
                for (var signature : header.split(" ", -1)) {
                    signed |= MessageDigest.isEqual(expected, bytes(signature));
                }
            }
        }
        return signed;
    }

    private static String signature(SecretKey secret, String id, String time, byte[] body) {
        try {
            var mac = Mac.getInstance(WebhookSecrets.ALGORITHM);
            mac.init(secret);
            mac.update(bytes(id + "." + time + "."));
            return VERSION + Base64.getEncoder().encodeToString(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has HMAC-SHA256, and it accepts any key", e);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
