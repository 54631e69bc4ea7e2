package org.pmsevents.pms.webhook;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import org.pmsevents.http.signature.WebhookSecrets;
import org.pmsevents.http.signature.WebhookSignature;

/** Signs webhooks as a PMS does in tests. */
public final class Signatures {
    /** The same as {@code pms-events.webhook.secrets} of dev mode and the tests. */
    public static final String SECRET = "whsec_ZGV2LXdlYmhvb2stc2VjcmV0LWtub3duLXRvLWV2ZXJ5b25l";

    private static final WebhookSignature SIGNATURE =
            new WebhookSignature(WebhookSecrets.parse(SECRET), Clock.systemUTC());

    private Signatures() {}

    /** The value of {@code webhook-signature}. */
    public static String of(String id, long epochSeconds, String body) {
        return of(id, epochSeconds, body.getBytes(StandardCharsets.UTF_8));
    }

    /** The same for a body of any bytes. */
    public static String of(String id, long epochSeconds, byte[] body) {
        return SIGNATURE.sign(id, epochSeconds, body);
    }
}
