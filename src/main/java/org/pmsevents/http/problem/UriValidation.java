package org.pmsevents.http.problem;

import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.SmallRyeConfigBuilderCustomizer;
import io.vertx.core.http.HttpServerRequest;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Takes over the check of a request's URI, which Quarkus makes before any code of the application and answers with an empty 400. Its
 * own is switched off by a system property that is read once, before any bean exists: hence from here, where the configuration begins.
 * A native executable reads it while it is built, from application.properties.
 */
public class UriValidation implements SmallRyeConfigBuilderCustomizer {
    private static final String SWITCHED_OFF = "vertx.disableURIValidation";

    @Override
    public void configBuilder(SmallRyeConfigBuilder builder) {
        System.setProperty(SWITCHED_OFF, "true");
    }

    /**
     * Whether a request's URI is one (RFC 3986) and means text in UTF-8 that PostgreSQL can store: what is in it becomes a parameter of
     * SQL sooner or later, where U+0000 would be a failure of the service.
     */
    static boolean isValid(HttpServerRequest request) {
        var uri = request.uri();
        try {
            return uri != null && !new URI(uri).toString().isEmpty() && (uri.indexOf('%') < 0 || isText(uri));
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static boolean isText(String uri) {
        var bytes = new ByteArrayOutputStream(uri.length());
        for (int i = 0; i < uri.length(); i++) {
            int c = uri.charAt(i);
            if (c == '%') {
                c = Integer.parseInt(uri, i + 1, i + 3, 16);
                i += 2;
            }
            if (c == 0) {
                return false;
            }
            bytes.write(c);
        }
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.toByteArray()));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
