package org.pmsevents.http.idempotency;

import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * One spelling of all that RFC 3986, section 6.2.2, calls equivalent, and of all that names the same parameters: percent-encoded are
 * exactly the characters that JavaScript's {@code encodeURIComponent} encodes, after normalisation to NFC.
 */
final class CanonicalUri {
    private static final String BARE = "-_.!~*'()";

    private CanonicalUri() {}

    /** @param path without dot segments, percent-encoded UTF-8 */
    static String path(String path) {
        return Arrays.stream(path.split("/", -1))
                .map(segment -> encode(QueryStringDecoder.decodeComponent(segment.replace("+", "%2B"))))
                .collect(Collectors.joining("/"));
    }

    /** @param query the parameters keep their order */
    static String query(String query) {
        return Arrays.stream(query.split("&", -1))
                .map(parameter -> Arrays.stream(parameter.split("=", 2))
                        .map(part -> encode(QueryStringDecoder.decodeComponent(part)))
                        .collect(Collectors.joining("=")))
                .collect(Collectors.joining("&"));
    }

    private static String encode(String decoded) {
        var text = new StringBuilder();
        for (byte b : Normalizer.normalize(decoded, Normalizer.Form.NFC).getBytes(StandardCharsets.UTF_8)) {
            if (isBare(b)) {
                text.append((char) b);
            } else {
                text.append(String.format("%%%02X", b));
            }
        }
        return text.toString();
    }

    private static boolean isBare(byte b) {
        return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') || BARE.indexOf(b) >= 0;
    }
}
