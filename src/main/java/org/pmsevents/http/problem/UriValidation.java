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
 * Replaces the check of request URIs. Quarkus checks them before any code of the application, and answers with an empty 400. A
 * system property turns that check off. It is read once, before any bean exists; so it is set here, where the configuration begins.
 * A native executable reads it at build time, from application.properties.
 */
public class UriValidation implements SmallRyeConfigBuilderCustomizer {
    private static final String SWITCHED_OFF = "vertx.disableURIValidation";

    @Override
    public void configBuilder(SmallRyeConfigBuilder builder) {
        System.setProperty(SWITCHED_OFF, "true");
    }

    /**
     * Whether the URI of a request is valid (RFC 3986) and decodes to UTF-8 text that PostgreSQL can store. Its parts become
     * parameters of SQL, where U+0000 would be a failure of the service.
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
