package org.pmsevents.product;

import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.pmsevents.error.AppException;

/** The entity tags of an {@code If-Match} or {@code If-None-Match} header (RFC 9110, section 13.1); a version is the tag. */
final class Precondition {
    private static final Pattern TAG = Pattern.compile("(W/)?\"([\\x21\\x23-\\x7E\\x80-\\xFF]*)\"");
    private static final Pattern LIST = Pattern.compile("\\s*(" + TAG + "\\s*(,\\s*|$))+");

    private final String header;
    private final boolean any;
    private final Set<String> strong;
    private final Set<String> all;

    private Precondition(String name, String header) {
        this.header = header;
        this.any = header.isEmpty() || header.strip().equals("*");
        if (!any && !LIST.matcher(header).matches()) {
            throw AppException.of(
                    400, "invalid-header", name + " must be * or a list of quoted entity tags, such as \"3\".");
        }
        this.all = tags(header, false);
        this.strong = tags(header, true);
    }

    static Precondition ifMatch(@Nullable String header) {
        return new Precondition("If-Match", header == null ? "" : header);
    }

    static Precondition ifNoneMatch(@Nullable String header) {
        return new Precondition("If-None-Match", header == null ? "" : header);
    }

    /**
     * Holds if there is no header or one of its tags is the version, compared strongly.
     *
     * @throws AppException 412 {@code version-mismatch} with the version
     */
    void check(long version) {
        if (!any && !strong.contains(Long.toString(version))) {
            throw AppException.versionMismatch(version);
        }
    }

    /** Whether the version is among the tags of a header that is there, compared weakly. */
    boolean names(long version) {
        return !header.isEmpty() && (any || all.contains(Long.toString(version)));
    }

    private static Set<String> tags(String header, boolean strongOnly) {
        return TAG.matcher(header)
                .results()
                .filter(tag -> !strongOnly || tag.group(1) == null)
                .map(tag -> tag.group(2))
                .collect(Collectors.toUnmodifiableSet());
    }
}
