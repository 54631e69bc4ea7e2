package org.pmsevents.platform.problem;

import java.util.ArrayList;
import java.util.List;

/**
 * Collects everything that is wrong with one request, so that the caller learns it all at once; bounded, so that a hostile body
 * can't make an answer many times its own size.
 */
public final class Violations {
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

    public boolean isEmpty() {
        return found.isEmpty() && omitted == 0;
    }

    public List<Violation> list() {
        return List.copyOf(found);
    }

    /** How many were found beyond those that {@link #list()} holds. */
    public int omitted() {
        return omitted;
    }

    /** Ends a validation: does nothing if all is well. */
    public void throwIfAny() {
        if (!isEmpty()) {
            throw AppException.validationFailed(this);
        }
    }
}
