package org.pmsevents.http.precondition;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.pmsevents.platform.problem.AppException;

/** The value of an {@code If-Match} or {@code If-None-Match} header: {@code *}, or a list of entity tags; or no such header. */
final class EntityTags {
    /** Matches one tag at a time: a long list needs no deep recursion. */
    private static final Pattern NEXT_TAG =
            Pattern.compile("\\G[ \\t,]*+(W/)?+\"([\\x21\\x23-\\x7E\\x80-\\xFF]*+)\"[ \\t]*+(?:,[ \\t,]*+|$)");

    private final boolean absent;
    private final boolean any;
    private final Set<String> strong = new HashSet<>();
    private final Set<String> all = new HashSet<>();

    /**
     * @param headers all values of the header, read as one list; empty means that the request has none
     * @throws AppException 400 {@code invalid-header}, also for an empty value
     */
    EntityTags(String name, List<String> headers) {
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

    boolean isAbsent() {
        return absent;
    }

    boolean isAny() {
        return any;
    }

    boolean containsStrongly(String tag) {
        return any || strong.contains(tag);
    }

    boolean containsWeakly(String tag) {
        return any || all.contains(tag);
    }
}
