package org.pmsevents.platform.json;

/** The rule for SKUs and locations: names that people can read and that survive in the path of a URL. */
public final class PathName {
    /** In Unicode code points. */
    public static final int MAX_LENGTH = 64;

    /** The rule as text. */
    public static final String RULE =
            "Must have 1 to 64 characters, no control characters, none of / ; % ? #, no space at either end,"
                    + " and not be . or ..";

    private PathName() {}

    public static boolean isValid(String name) {
        int length = name.codePointCount(0, name.length());
        return length >= 1
                && length <= MAX_LENGTH
                && !name.equals(".")
                && !name.equals("..")
                && !isSpace(name.codePointAt(0))
                && !isSpace(name.codePointBefore(name.length()))
                && name.codePoints().noneMatch(c -> Character.isISOControl(c) || "/;%?#".indexOf(c) >= 0);
    }

    private static boolean isSpace(int c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c);
    }
}
