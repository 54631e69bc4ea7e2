package org.pmsevents.product;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.pmsevents.platform.problem.AppException;

/**
 * The entity tags of an {@code If-Match} or {@code If-None-Match} header (RFC 9110, section 13.1). The tag of a product is its
 * version.
 */
final class Precondition {
    /** Matches one tag at a time: a long list needs no deep recursion. */
    private static final Pattern NEXT_TAG =
            Pattern.compile("\\G[ \\t,]*+(W/)?+\"([\\x21\\x23-\\x7E\\x80-\\xFF]*+)\"[ \\t]*+(?:,[ \\t,]*+|$)");

    private final boolean absent;
    private final boolean any;
    private final Set<String> strong = new HashSet<>();
    private final Set<String> all = new HashSet<>();

    private Precondition(String name, List<String> headers) {
        var header = String.join(",", headers).strip();
        absent = headers.isEmpty();
        any = header.equals("*");
        if (!absent && !any && !readTags(header)) {
            throw AppException.of(
                    400, "invalid-header", name + " must be * or a list of quoted entity tags, such as \"3\".");
        }
    }

    private boolean readTags(String header) {
        var tags = NEXT_TAG.matcher(header);
        int end = 0;
        while (tags.find()) {
            all.add(tags.group(2));
            if (tags.group(1) == null) {
                strong.add(tags.group(2));
            }
            end = tags.end();
        }
        return end == header.length() && !all.isEmpty();
    }

    /** @param headers all values of the header, read as one list; empty means no condition */
    static Precondition ifMatch(List<String> headers) {
        return new Precondition("If-Match", headers);
    }

    /** @param headers all values of the header, read as one list; empty means no condition */
    static Precondition ifNoneMatch(List<String> headers) {
        return new Precondition("If-None-Match", headers);
    }

    /**
     * Passes if the header is absent or one of its tags equals the version (strong comparison).
     *
     * @throws AppException 412 {@code version-mismatch} with the present version
     */
    void check(long version) {
        if (!absent && !any && !strong.contains(Long.toString(version))) {
            throw AppException.versionMismatch(version);
        }
    }

    /** Whether the header is present and one of its tags equals the version (weak comparison). */
    boolean names(long version) {
        return !absent && (any || all.contains(Long.toString(version)));
    }
}
