package org.pmsevents.error;

import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.SmallRyeConfigBuilderCustomizer;
import io.vertx.core.http.HttpServerRequest;
import java.net.URI;
import java.net.URISyntaxException;

/**
 * Takes over the check of a request's URI, which Quarkus makes before any code of the application and answers with an empty 400. Its
 * own is switched off by a system property that is read once, before any bean exists: hence from here, where the configuration begins.
 */
public class UriValidation implements SmallRyeConfigBuilderCustomizer {
    private static final String SWITCHED_OFF = "vertx.disableURIValidation";

    @Override
    public void configBuilder(SmallRyeConfigBuilder builder) {
        System.setProperty(SWITCHED_OFF, "true");
    }

    /** The same check as the one that was switched off. */
    static boolean isValid(HttpServerRequest request) {
        try {
            return request.uri() != null && !new URI(request.uri()).toString().isEmpty();
        } catch (URISyntaxException e) {
            return false;
        }
    }
}
