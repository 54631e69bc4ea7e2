package org.pmsevents.event.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.pmsevents.Waiting.await;
import static org.pmsevents.Waiting.get;

import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Pool;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.inject.Inject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.pmsevents.Client;

/** What makes the database begin a new epoch, each in a transaction that is rolled back. */
@QuarkusTest
class CheckFeedTest {

    @Inject
    EventTable events;

    @Inject
    Pool pool;

    /** How the database was before the check, why it began a new epoch, and how it is then. */
    private record Checked(EventTable.State before, Optional<String> reason, EventTable.State after) {}

    private static final class RolledBack extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private Checked check(String made, Long beyondHead, EventTable.Known known, String then) {
        var checked = new AtomicReference<Checked>();
        Uni<?> work = pool.withTransaction(transaction -> run(transaction, made)
                .chain(() -> events.state(transaction))
                .chain(before -> events.check(
                                transaction,
                                before.feedId(),
                                beyondHead == null ? null : Long.valueOf(before.head() + beyondHead),
                                known)
                        .chain(reason -> run(transaction, then)
                                .chain(() -> events.state(transaction))
                                .invoke(after -> checked.set(new Checked(before, reason, after)))))
                .<Void>chain(done -> Uni.createFrom().failure(new RolledBack())));
        assertThatThrownBy(() -> get(work)).isInstanceOf(RolledBack.class);
        return checked.get();
    }

    private Checked check(String made, Long beyondHead) {
        return check(made, beyondHead, EventTable.Known.NOTHING, "");
    }

    private static Uni<Void> run(SqlClient client, String sql) {
        return sql.isEmpty()
                ? Uni.createFrom().voidItem()
                : client.query(sql).execute().replaceWithVoid();
    }

    private static void assertSame(Checked checked) {
        assertThat(checked.reason()).isEmpty();
        assertThat(checked.after().feedId()).isEqualTo(checked.before().feedId());
        assertThat(checked.after().moved()).isFalse();
    }

    private static void assertNew(Checked checked, String reason) {
        assertThat(checked.reason()).contains(reason);
        assertThat(checked.after().feedId()).isNotEqualTo(checked.before().feedId());
        assertThat(checked.after().moved()).isFalse();
        assertThat(checked.after().head()).isEqualTo(checked.before().head());
    }

    @Test
    void aDatabaseThatIsTheSameKeepsItsEpoch() {
        assertSame(check("", 0L));
        assertSame(check("", null));
    }

    @Test
    void aDatabaseFromBeforeTheIdentityWasStoredIsNoted() {
        assertSame(check("UPDATE feed_head SET system_id = NULL, database_id = NULL, timeline = NULL", null));
    }

    @Test
    void aCopyOnAnotherServerOrInAnotherDatabaseBeginsAnEpoch() {
        assertNew(check("UPDATE feed_head SET system_id = 1", 0L), "copied");
        var copied = check("UPDATE feed_head SET database_id = 1", null);
        assertNew(copied, "copied");
        assertThat(copied.after().previousId()).isNull();
    }

    @Test
    void aDatabaseThatEndsBeforeWhatIsKnownBeginsAnEpochInPlaceOfTheOther() {
        var behind = check("", 1L);
        assertNew(behind, "behind");
        assertThat(behind.after().previousId()).isEqualTo(behind.before().feedId());
    }

    @Test
    void aFailoverThatLostNothingIsOnlyNoted() {
        var noted = check("UPDATE feed_head SET timeline = timeline + 1", 0L);
        assertThat(noted.before().moved()).isTrue();
        assertSame(noted);
    }

    @Test
    void anotherTimelineBeginsAnEpochIfNothingIsKnownOutside() {
        assertNew(check("UPDATE feed_head SET timeline = timeline + 1", null), "unproven");
    }

    @Test
    void anotherEventAtAKnownPositionBeginsAnEpoch() {
        long head = Client.editor().head();
        Client.editor().create(Client.newSku("KNOWN"));
        var right = new AtomicReference<UUID>();
        await().until(() -> {
            var state = get(events.state(pool));
            right.set(state.headEvent());
            return state.head() > head && state.headEvent() != null;
        });
        long position = get(events.state(pool)).head();
        var wrong = new EventTable.Known(List.of(position), List.of(UUID.randomUUID()));
        assertThat(get(events.state(pool, wrong)).rewritten()).isTrue();
        assertNew(check("", 0L, wrong, ""), "rewritten");
        var known = new EventTable.Known(List.of(position), List.of(right.get()));
        assertThat(get(events.state(pool, known)).rewritten()).isFalse();
        assertSame(check("", 0L, known, ""));
    }

    @Test
    void handlersContinueWhereTheDatabaseEnds() {
        var checked = check(
                "INSERT INTO handler_cursor (handler, position, attempts) SELECT 'test-beyond', head + 10, 3 FROM feed_head",
                1L,
                EventTable.Known.NOTHING,
                "UPDATE feed_head SET head = 0 WHERE EXISTS"
                        + " (SELECT FROM handler_cursor WHERE handler = 'test-beyond' AND (position > head OR attempts > 0))");
        assertThat(checked.after().head()).isEqualTo(checked.before().head());
    }

    /** As when the feed was set back by hand, and overtaken, but not the cursors. */
    @Test
    void handlersGoBackToTheLastEventThatIsCertainlyTheSame() {
        var editor = Client.editor();
        long before = editor.head();
        for (int i = 0; i < 4; i++) {
            editor.create(Client.newSku("FORK"));
        }
        await().until(() -> editor.head() >= before + 4);
        long head = before + 4;
        var same = List.of(idOf(head - 3), idOf(head - 2), idOf(head - 1));
        var other = UUID.randomUUID();
        var positions = List.of(head - 3, head - 2, head - 1);

        var rewritten = cursorsAfter(head, new EventTable.Known(positions, List.of(same.get(0), other, other)), 0L);
        assertThat(rewritten)
                .containsEntry("test-beyond", head - 3)
                .containsEntry("test-replaced", head - 3)
                .containsEntry("test-before", head - 4);

        var nothingSame = cursorsAfter(head, new EventTable.Known(positions, List.of(other, other, other)), 0L);
        assertThat(nothingSame).containsEntry("test-beyond", 0L).containsEntry("test-before", 0L);

        var behind = cursorsAfter(head, new EventTable.Known(positions, same), 10L);
        assertThat(behind)
                .containsEntry("test-beyond", head - 1)
                .containsEntry("test-replaced", head - 2)
                .containsEntry("test-before", head - 4);
    }

    private UUID idOf(long position) {
        return get(pool.preparedQuery("SELECT id FROM event WHERE position = $1")
                        .execute(Tuple.of(position)))
                .iterator()
                .next()
                .getUUID("id");
    }

    /** Cursors beyond the head, on an event that may have been replaced, and before those; after the check. */
    private Map<String, Long> cursorsAfter(long head, EventTable.Known known, long beyondHead) {
        var cursors = new HashMap<String, Long>();
        Uni<?> work = pool.withTransaction(transaction -> run(
                        transaction,
                        "INSERT INTO handler_cursor (handler, position) SELECT 'test-beyond', head + 10 FROM feed_head"
                                + " UNION ALL SELECT 'test-replaced', " + (head - 2)
                                + " UNION ALL SELECT 'test-before', " + (head - 4))
                .chain(() -> run(transaction, "UPDATE feed_tail SET pruned = 0"))
                .chain(() -> events.state(transaction))
                .chain(state -> events.check(transaction, state.feedId(), state.head() + beyondHead, known))
                .chain(reason -> transaction
                        .query("SELECT handler, position FROM handler_cursor")
                        .execute())
                .invoke(rows -> rows.forEach(row -> cursors.put(row.getString("handler"), row.getLong("position"))))
                .<Void>chain(done -> Uni.createFrom().failure(new RolledBack())));
        assertThatThrownBy(() -> get(work)).isInstanceOf(RolledBack.class);
        return cursors;
    }

    @Test
    void aTransactionIdOfAnotherClusterIsNoticedAndTheMarkSetAnew() {
        var checked = check("UPDATE feed_head SET mark_seq = floor + 1, mark_xid = '4611686018427387904'", 0L);
        assertThat(checked.before().moved()).isTrue();
        assertSame(checked);
    }
}
