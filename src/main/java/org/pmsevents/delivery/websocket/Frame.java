package org.pmsevents.delivery.websocket;

import java.util.ArrayList;
import java.util.List;

/**
 * Text that a socket is given as one frame, shared by all connections that are sent it.
 *
 * @param joined whether it is a JSON array of several messages, instead of one message
 */
record Frame(String text, boolean joined) {
    /** How many characters messages that are joined may have together. */
    private static final int LONGEST_JOINED = 64 * 1024;

    static Frame of(String message) {
        return new Frame(message, false);
    }

    /** The messages in their order, joined as far as they fit. */
    static List<Frame> join(List<String> messages) {
        var frames = new ArrayList<Frame>();
        int from = 0;
        while (from < messages.size()) {
            int to = from + 1;
            long size = messages.get(from).length();
            while (to < messages.size() && fits(size, messages.get(to).length())) {
                size += messages.get(to).length();
                to++;
            }
            frames.add(
                    to - from == 1
                            ? of(messages.get(from))
                            : new Frame("[" + String.join(",", messages.subList(from, to)) + "]", true));
            from = to;
        }
        return frames;
    }

    /** Whether messages of so many characters in all may be joined with more. */
    static boolean fits(long size, long more) {
        return size + more <= LONGEST_JOINED;
    }

    int length() {
        return text.length();
    }

    /** Adds its messages to those of an array. */
    void appendTo(StringBuilder array) {
        if (joined) {
            array.append(text, 1, text.length() - 1);
        } else {
            array.append(text);
        }
    }
}
