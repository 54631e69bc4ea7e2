package org.pmsevents.inventory.count;

import io.vertx.mutiny.sqlclient.Pool;
import java.time.Clock;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.HashSet;
import java.util.List;
import org.pmsevents.event.RequestContext;
import org.pmsevents.inventory.StockKey;

/** The statements that set stock to what was counted, for tests without the service around them. */
public final class Counting {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final StockSyncTable TABLE = new StockSyncTable();

    private Counting() {}

    /** What becomes of the counts, written in one transaction. */
    public static List<CountOutcome> count(
            Pool pool, List<StockCount> counts, String reference, RequestContext context, OffsetDateTime at) {
        var keys = new HashSet<StockKey>();
        counts.forEach(count -> keys.add(count.stock()));
        return pool.withTransaction(client -> TABLE.plan(client)
                        .chain(() -> TABLE.lock(client, keys))
                        .map(locked -> new CountJudge(locked, counts))
                        .chain(judge -> TABLE.judge(client, counts, judge.open())
                                .map(judged -> judge.judge(judged, Clock.systemUTC())))
                        .call(verdict -> TABLE.correct(client, verdict.corrections(), reference, context, at)))
                .map(CountJudge.Verdict::outcomes)
                .await()
                .atMost(PATIENCE);
    }
}
