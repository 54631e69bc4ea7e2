package org.pmsevents.delivery.websocket;

import java.util.ArrayList;
import java.util.List;

/**
 * The text of one WebSocket frame, shared by all connections that receive it.
 *
 * @param joined whether the text is a JSON array of several messages, instead of one message
 */
record Frame(String text, boolean joined) {
    /** How many characters the messages of a joined frame may have together. */
    private static final int MAX_JOINED_LENGTH = 64 * 1024;

    static Frame of(String message) {
        return new Frame(message, false);
    }

    /** Joins messages in their order into as few frames as their size allows. */
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

    /** Whether messages of {@code size} characters may be joined with one of {@code more} characters. */
    static boolean fits(long size, long more) {
        return size + more <= MAX_JOINED_LENGTH;
    }

    int length() {
        return text.length();
    }

    /** Appends the messages of this frame to a JSON array. */
    void appendTo(StringBuilder array) {
        if (joined) {
            array.append(text, 1, text.length() - 1);
        } else {
            array.append(text);
        }
    }
}
