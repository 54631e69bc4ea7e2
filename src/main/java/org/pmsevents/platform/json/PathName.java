package org.pmsevents.platform.json;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The rule for SKUs and locations: names that people can read and tell apart, and that survive in the path of a URL. Two names are
 * the same if their normal forms are ({@link NormalText}): names from paths and queries have to be normalised before they are used.
 */
public final class PathName {
    /** In Unicode code points. */
    public static final int MAX_LENGTH = 64;

    /** The rule as text. */
    public static final String RULE =
            "Must have 1 to 64 characters, no control, invisible or unassigned characters, none of / ; % ? #, no space at"
                    + " either end, and not be . or ..";

    private PathName() {}

    /** Whether there may be something of this name: true also of names that were taken before the rule became stricter. */
    public static boolean isAddressable(String name) {
        int length = name.codePointCount(0, name.length());
        return length >= 1
                && length <= MAX_LENGTH
                && !name.equals(".")
                && !name.equals("..")
                && !isSpace(name.codePointAt(0))
                && !isSpace(name.codePointBefore(name.length()))
                && name.codePoints().noneMatch(c -> Character.isISOControl(c) || "/;%?#".indexOf(c) >= 0);
    }

    /** Why a new product or location can't have this name, as a sentence that names the character; null if it can. */
    public static @Nullable String fault(String name) {
        var unseen = name.codePoints().filter(PathName::isUnseen).findFirst();
        if (unseen.isPresent()) {
            return "Contains " + named(unseen.getAsInt()) + ", which can't be seen or is no character: leave it out.";
        }
        return isAddressable(name) ? null : RULE;
    }

    /**
     * Whether a name with this code point could look like one without it, or look different from one system to the next: controls,
     * format characters, line and paragraph separators, halves of surrogate pairs, private use, noncharacters and what this version of
     * Unicode does not assign, and what is displayed as nothing.
     */
    private static boolean isUnseen(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED -> true;
            default -> isBlank(c);
        };
    }

    /** Default_Ignorable_Code_Point, except those of the categories above; and the Braille pattern without dots. */
    private static boolean isBlank(int c) {
        return c == 0x034F // combining grapheme joiner
                || (c >= 0x115F && c <= 0x1160) // Hangul fillers
                || c == 0x3164
                || c == 0xFFA0
                || (c >= 0x17B4 && c <= 0x17B5) // Khmer inherent vowels
                || (c >= 0x180B && c <= 0x180F) // Mongolian variation selectors
                || (c >= 0xFE00 && c <= 0xFE0F) // variation selectors
                || (c >= 0xE0000 && c <= 0xE0FFF) // tags and more variation selectors
                || c == 0x2800;
    }

    private static String named(int c) {
        return String.format(Locale.ROOT, "U+%04X", c);
    }

    private static boolean isSpace(int c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c);
    }
}
