package org.pmsevents.alert;

import java.net.URI;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.pmsevents.http.signature.WebhookSecrets;
import org.pmsevents.http.signature.WebhookSignature;

/** Where alerts are posted to and how they are signed; there is none unless both settings are good. */
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
     * The webhook of these settings, if there is to be one.
     *
     * @throws IllegalStateException if they are not as they should be
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

    /** What is wrong with the settings, one line for each, beginning with the variable; never what is in them. */
    public static List<String> problems(Optional<String> url, Optional<String> secret) {
        var problems = new ArrayList<String>();
        if (given(url).isPresent() && given(secret).isEmpty()) {
            problems.add(SECRET + ": the secret to sign alerts with, as there is a " + URL);
        } else if (given(url).isEmpty() && given(secret).isPresent()) {
            problems.add(URL + ": where to post alerts to, as there is a " + SECRET);
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
