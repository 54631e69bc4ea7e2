package org.pmsevents.faults;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What the service has acknowledged, and so has to be there, exactly once. */
final class Promises {
    private final Map<Kind, Map<String, Promise>> made = new HashMap<>();
    private final Map<Kind, Set<String>> open = new HashMap<>();
    private final Map<String, Promise> refused = new ConcurrentHashMap<>();
    private long lost;

    Promises() {
        for (var kind : Kind.values()) {
            made.put(kind, new ConcurrentHashMap<>());
            open.put(kind, ConcurrentHashMap.newKeySet());
        }
    }

    /**
     * What was promised, and how PostgreSQL is asked for all of it: what names each, and how often it is there. The name is one that the
     * client has given: an attempt that a paused replica makes after the database has gone back is the same promise, with another id.
     */
    enum Kind {
        MOVEMENT("SELECT reference, count(*) FROM stock_movement WHERE reason <> 'sync' GROUP BY reference"),
        PRODUCT("SELECT subject, count(*) FROM event WHERE type = 'product.created' GROUP BY subject"),
        PRODUCT_CHANGE("SELECT trace_id, count(*) FROM event WHERE type = 'product.updated' GROUP BY trace_id"),
        COUNT("SELECT subject, count(*) FROM event WHERE type = 'inventory.synced' GROUP BY subject"),
        JOB("SELECT trace_id, count(*) FROM job WHERE kind = 'queue.probe' AND state = 'completed'"
                + " AND (result ->> 'token')::bigint = token GROUP BY trace_id");

        final String query;

        Kind(String query) {
            this.query = query;
        }
    }

    /**
     * @param asked when it was asked for the last time, by {@link System#nanoTime}
     * @param answered when that was answered
     */
    record Promise(long asked, long answered) {}

    void made(Kind kind, String name, Caller.Answer answer) {
        if (of(kind).put(name, new Promise(answer.asked(), answer.answered())) != null) {
            throw new AssertionError("acknowledged twice: " + kind + " " + name);
        }
    }

    /** It may be there once, and need not. */
    void leftOpen(Kind kind, String name) {
        open.getOrDefault(kind, Set.of()).add(name);
    }

    /**
     * The movement was refused, and must not be there. If the database has gone back since, so has the refusal, and an attempt that is
     * still on its way may succeed.
     */
    void refused(String movement, Caller.Answer answer) {
        refused.put(movement, new Promise(answer.asked(), answer.answered()));
    }

    @Nullable
    Promise refusal(String movement) {
        return refused.get(movement);
    }

    boolean mayBe(Kind kind, String name) {
        return of(kind).containsKey(name) || open.getOrDefault(kind, Set.of()).contains(name);
    }

    Map<String, Promise> of(Kind kind) {
        return made.getOrDefault(kind, Map.of());
    }

    /** The database has gone back to before it, and everybody was told so. */
    void lost(Kind kind, String name) {
        of(kind).remove(name);
        lost++;
    }

    long count(Kind kind) {
        return of(kind).size();
    }

    /** All that were made so far and not lost. */
    long count() {
        long all = 0;
        for (var kind : Kind.values()) {
            all += count(kind);
        }
        return all;
    }

    long lost() {
        return lost;
    }
}
