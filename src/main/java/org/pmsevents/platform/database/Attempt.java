package org.pmsevents.platform.database;

import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/**
 * One attempt of a transaction that is repeated if others are in its way: at most {@value #MOST} times and for at most 15 s, with a
 * short random pause before each, so that those who met do not meet again.
 *
 * @param number of the attempt, from 1
 * @param doubtful whether an earlier one may still reach the server: then a refusal proves nothing, because the earlier one may be
 *     accepted after it
 * @param begun when the first one was, by {@link System#nanoTime}
 */
public record Attempt(int number, boolean doubtful, long begun) {
    private static final int MOST = 6;

    /** After this nothing is begun any more. */
    private static final Duration LONGEST = Duration.ofSeconds(15);

    private static final int LONGEST_PAUSE_MILLIS = 20;

    public static Attempt first() {
        return new Attempt(1, false, System.nanoTime());
    }

    /** The next attempt, after one that is known to have changed nothing. */
    public Attempt next() {
        return next(false);
    }

    /** @param moreDoubtful whether this one may still reach the server */
    public Attempt next(boolean moreDoubtful) {
        return new Attempt(number + 1, doubtful || moreDoubtful, begun);
    }

    public boolean isLast() {
        return number >= MOST || System.nanoTime() - begun > LONGEST.toNanos();
    }

    /** Runs what follows after a pause. */
    public static <T> Uni<T> pause(Supplier<Uni<T>> then) {
        return Uni.createFrom()
                .voidItem()
                .onItem()
                .delayIt()
                .by(Duration.ofMillis(ThreadLocalRandom.current().nextInt(1, LONGEST_PAUSE_MILLIS)))
                .chain(then::get);
    }

    /**
     * Repeats a transaction for as long as it fails with a conflict and attempts are left: after a {@link ConflictException} nothing was
     * changed. It is the transaction that is to be repeated, not a flow around it, which may have others.
     */
    public static <T> Uni<T> repeatOnConflict(Supplier<Uni<T>> transaction) {
        return Uni.createFrom().deferred(() -> first().run(transaction));
    }

    private <T> Uni<T> run(Supplier<Uni<T>> transaction) {
        return Uni.createFrom()
                .deferred(transaction::get)
                .onFailure(failure -> failure instanceof ConflictException && !isLast())
                .recoverWithUni(conflict -> pause(() -> next().run(transaction)));
    }
}
