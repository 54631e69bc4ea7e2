package org.pmsevents.alert;

import java.net.URI;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.pmsevents.http.signature.WebhookSecrets;
import org.pmsevents.http.signature.WebhookSignature;

/** The URL of the alert webhook and its signature; absent unless both settings are given. */
public final class AlertWebhook {
    private static final String URL = "PMS_EVENTS_ADMIN_WEBHOOK_URL";
    private static final String SECRET = "PMS_EVENTS_ADMIN_WEBHOOK_SECRET";

    private final URI url;
    private final WebhookSignature signature;

    private AlertWebhook(URI url, WebhookSignature signature) {
        this.url = url;
        this.signature = signature;
    }

    /**
     * Creates the webhook from the settings, if they are given.
     *
     * @throws IllegalStateException if a setting is invalid or missing
     */
    static Optional<AlertWebhook> of(Optional<String> url, Optional<String> secret, Clock clock) {
        var problems = problems(url, secret);
        if (!problems.isEmpty()) {
            throw new IllegalStateException(String.join("; ", problems));
        }
        return given(url)
                .map(text -> new AlertWebhook(
                        URI.create(text),
                        new WebhookSignature(WebhookSecrets.parse(given(secret).orElseThrow()), clock)));
    }

    /** The faults of the settings, one line each, beginning with the name of the variable. Never repeats a value. */
    public static List<String> problems(Optional<String> url, Optional<String> secret) {
        var problems = new ArrayList<String>();
        if (given(url).isPresent() && given(secret).isEmpty()) {
            problems.add(SECRET + ": the secret that signs alerts, required with " + URL);
        } else if (given(url).isEmpty() && given(secret).isPresent()) {
            problems.add(URL + ": the URL to post alerts to, required with " + SECRET);
        }
        given(url)
                .filter(text -> !isUrl(text))
                .ifPresent(bad -> problems.add(URL + " is not https://… or http://… with a host and without a user"));
        given(secret)
                .flatMap(WebhookSecrets::fault)
                .ifPresent(fault ->
                        problems.add(SECRET + " " + fault + "; it is whsec_ and the base64 of 24 to 64 bytes"));
        return problems;
    }

    URI url() {
        return url;
    }

    WebhookSignature signature() {
        return signature;
    }

    private static Optional<String> given(Optional<String> setting) {
        return setting.map(String::strip).filter(text -> !text.isEmpty());
    }

    private static boolean isUrl(String text) {
        try {
            var url = URI.create(text);
            return url.getScheme() != null
                    && Set.of("http", "https").contains(url.getScheme())
                    && url.getHost() != null
                    && url.getRawUserInfo() == null
                    && url.getRawFragment() == null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
