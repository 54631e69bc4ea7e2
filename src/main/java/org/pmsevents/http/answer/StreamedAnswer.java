package org.pmsevents.http.answer;

import io.smallrye.mutiny.Uni;

/** The body of an answer that is too long to be held in memory. Its {@code toString} names it in the log. */
public interface StreamedAnswer {
    /** The next bytes; empty at the end. Asked for when the last ones are sent. */
    Uni<byte[]> next();

    /** Gives back what the answer holds, also if it was cut off. May be called several times. */
    void close();
}
