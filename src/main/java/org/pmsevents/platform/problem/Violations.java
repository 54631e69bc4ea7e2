package org.pmsevents.platform.problem;

import java.util.ArrayList;
import java.util.List;

/**
 * Collects all violations of a request, so that the client learns them at once. Bounded, so that a hostile body can't produce an
 * answer many times its own size.
 */
public class Violations {
    private static final int MAX_COUNT = 1_000;
    private static final int MAX_POINTER_CHARS = 256 * 1024;

    private final List<Violation> found = new ArrayList<>();
    private int pointerChars;
    private int omitted;

    public void add(String pointer, String code, String detail) {
        if (found.size() >= MAX_COUNT || pointerChars + pointer.length() > MAX_POINTER_CHARS) {
            omitted++;
            return;
        }
        pointerChars += pointer.length();
        found.add(new Violation(pointer, code, detail));
    }

    /** A copy, to which the violations of one attempt are added. */
    public Violations copy() {
        var copy = new Violations();
        copy.found.addAll(found);
        copy.pointerChars = pointerChars;
        copy.omitted = omitted;
        return copy;
    }

    /** Counts one that is not listed. */
    void omit() {
        omitted++;
    }

    public boolean isEmpty() {
        return found.isEmpty() && omitted == 0;
    }

    public List<Violation> list() {
        return List.copyOf(found);
    }

    /** The number of violations beyond those in {@link #list()}. */
    public int omitted() {
        return omitted;
    }

    /** Ends a validation; does nothing without violations. */
    public void throwIfAny() {
        if (!isEmpty()) {
            throw AppException.validationFailed(this);
        }
    }
}
