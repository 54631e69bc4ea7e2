package org.pmsevents.http.signature;

import java.util.List;

/**
 * A webhook as received: all values of the headers of Standard Webhooks, and the body.
 *
 * @param ids {@code webhook-id}
 * @param times {@code webhook-timestamp}
 * @param signatures {@code webhook-signature}
 * @param body the bytes as received; may be empty
 */
public record Webhook(List<String> ids, List<String> times, List<String> signatures, byte[] body) {
    public static final String ID = "webhook-id";
    public static final String TIME = "webhook-timestamp";
    public static final String SIGNATURE = "webhook-signature";

    /** The id; only for a webhook whose signature has been verified. */
    public String id() {
        return ids.get(0);
    }
}
