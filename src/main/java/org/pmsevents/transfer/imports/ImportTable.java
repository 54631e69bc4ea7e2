package org.pmsevents.transfer.imports;

import io.smallrye.mutiny.Uni;
import io.vertx.core.buffer.Buffer;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import jakarta.enterprise.context.ApplicationScoped;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.EventMetadata;
import org.pmsevents.event.RequestContext;
import org.pmsevents.platform.database.ListQuery;

/** The SQL of imports, their text and their refused lines. */
@ApplicationScoped
class ImportTable {
    private static final String COLUMNS = """
            id, kind, state, dry_run, options::text AS options, file_format::text AS format, locations, bytes, next_byte, next_line, carried, \
            lines, created, updated, unchanged, rejected, duplicates, reason, job_id, actor, trace_id, created_at, finished_at""";

    private static final String INSERT = """
            INSERT INTO import (id, kind, state, dry_run, options, locations, actor, trace_id)
            VALUES ($1, $2, 'receiving', $3, $4::text::json, $5, $6, $7)
            """;

    private static final String INSERT_PART = "INSERT INTO import_part (import_id, part, content) VALUES ($1, $2, $3)";

    private static final String RECEIVED = """
            UPDATE import SET state = 'queued', file_format = $2::text::json, bytes = $3, next_byte = $4, next_line = $5, job_id = $6
            WHERE id = $1 AND state = 'receiving' RETURNING %s
            """.formatted(COLUMNS);

    private static final String FIND = "SELECT " + COLUMNS + " FROM import WHERE id = $1";

    private static final String LOCK = FIND + " FOR NO KEY UPDATE";

    /** The newest first: ids are UUIDv7. */
    private static final String LIST = "SELECT " + COLUMNS + " FROM import";

    private static final String ADVANCE = """
            UPDATE import SET state = 'running', next_byte = $2, next_line = $3, carried = $4, lines = lines + $5, created = created + $6,
                              updated = updated + $7, unchanged = unchanged + $8, rejected = rejected + $9, duplicates = duplicates + $10
            WHERE id = $1 RETURNING %s
            """.formatted(COLUMNS);

    private static final String FINISH = """
            UPDATE import SET state = $2, reason = $3, finished_at = now()
            WHERE id = $1 AND finished_at IS NULL RETURNING %s
            """.formatted(COLUMNS);

    private static final String PARTS = """
            SELECT content FROM import_part WHERE import_id = $1 AND part >= $2 ORDER BY part LIMIT $3
            """;

    private static final String DROP_PARTS = dropFirst("import_part", "part", 100);

    private static final String DROP_SUBJECTS = dropFirst("import_subject", "subject", 20_000);

    private static final String DROP_REJECTED = dropFirst("import_rejected", "line", 5_000);

    /** Finished imports of which there is text. */
    private static final String WITH_TEXT = """
            SELECT id FROM import WHERE finished_at IS NOT NULL
              AND (EXISTS (SELECT FROM import_part AS p WHERE p.import_id = import.id)
                   OR EXISTS (SELECT FROM import_subject AS s WHERE s.import_id = import.id))
            LIMIT 1000
            """;

    private static final String SEE = """
            INSERT INTO import_subject AS seen (import_id, subject, line, times)
            SELECT $1, given.subject, given.line, given.times
            FROM unnest((SELECT $2::text[]), (SELECT $3::bigint[]), (SELECT $4::int[])) AS given (subject, line, times)
            ORDER BY given.subject
            ON CONFLICT (import_id, subject) DO UPDATE SET line = excluded.line, times = seen.times + excluded.times
            RETURNING subject, times
            """;

    private static final String REJECT = """
            INSERT INTO import_rejected (import_id, line, raw, field, code, detail)
            SELECT $1, given.* FROM unnest((SELECT $2::bigint[]), (SELECT $3::bytea[]), (SELECT $4::text[]), (SELECT $5::text[]),
                                           (SELECT $6::text[])) AS given
            """;

    /** So many that one line more is enough for their raw text to exceed a megabyte; the lengths are known without reading the texts. */
    private static final String REJECTED = """
            SELECT line, raw, field, code, detail FROM (
              SELECT few.*, sum(octet_length(raw)) OVER (ORDER BY line) - octet_length(raw) AS before FROM (
                SELECT line, raw, field, code, detail FROM import_rejected
                WHERE import_id = $1 AND line > $2 ORDER BY line LIMIT $3) AS few) AS summed
            WHERE before < 1048576 ORDER BY line
            """;

    private static final String DELETE = "DELETE FROM import WHERE id = $1 AND state = 'receiving'";

    private static final String TOO_OLD = """
            (SELECT id FROM import WHERE finished_at < now() - $1 * interval '1 second' ORDER BY finished_at LIMIT 1)
            UNION ALL
            (SELECT id FROM import WHERE finished_at IS NULL AND state = 'receiving' AND created_at < now() - $2 * interval '1 second'
             ORDER BY created_at LIMIT 1)
            """;

    private static final String PRUNE =
            "DELETE FROM import WHERE id = $1 AND (finished_at IS NOT NULL OR state = 'receiving')";

    private static final String UNFINISHED = """
            SELECT %s FROM import WHERE finished_at IS NULL AND state <> 'receiving' AND created_at < now() - interval '1 minute'
            ORDER BY created_at LIMIT 1000
            """.formatted(COLUMNS);

    /** What a chunk of products waits for of others, so that it is repeated and not given up. */
    private static final String LIMIT_LOCKS = "SET LOCAL lock_timeout = '1s'";

    private static final String BEGIN_TRIAL = "SAVEPOINT dry_run";

    private static final String UNDO_TRIAL = "ROLLBACK TO SAVEPOINT dry_run";

    /** The first rows of an import in a table: all at once could take longer than a statement may. */
    private static String dropFirst(String table, String key, int most) {
        return """
            DELETE FROM %1$s WHERE import_id = $1 AND %2$s <= (
              SELECT max(first.%2$s) FROM (SELECT %2$s FROM %1$s WHERE import_id = $1 ORDER BY %2$s LIMIT %3$d) AS first)
            """.formatted(table, key, most);
    }

    /** A refused line. */
    record Rejected(long line, String raw, @Nullable String field, String code, String detail) {}

    /**
     * What a chunk adds.
     *
     * @param nextByte where the next one begins
     */
    record Step(long nextByte, long nextLine, @Nullable String carried, Import.Counts more) {}

    Uni<Void> insert(
            SqlClient client,
            UUID id,
            String kind,
            boolean dryRun,
            String options,
            @Nullable List<String> locations,
            RequestContext context) {
        return client.preparedQuery(INSERT)
                .execute(Tuple.from(Arrays.asList(
                        id,
                        kind,
                        dryRun,
                        options,
                        locations == null ? null : locations.toArray(String[]::new),
                        context.actor(),
                        context.traceId())))
                .replaceWithVoid();
    }

    Uni<Void> insertPart(SqlClient client, UUID id, int part, byte[] content) {
        return client.preparedQuery(INSERT_PART)
                .execute(Tuple.of(id, part, Buffer.buffer(content)))
                .replaceWithVoid();
    }

    /** The whole file is here; empty if the import is no longer being received. */
    Uni<Optional<Import>> received(
            SqlClient client, UUID id, String format, long bytes, long begin, long line, UUID jobId) {
        return client.preparedQuery(RECEIVED)
                .execute(Tuple.of(id, format, bytes, begin, line, jobId))
                .map(ImportTable::first);
    }

    Uni<Optional<Import>> find(SqlClient client, UUID id) {
        return client.preparedQuery(FIND).execute(Tuple.of(id)).map(ImportTable::first);
    }

    Uni<Optional<Import>> lock(SqlClient transaction, UUID id) {
        return transaction.preparedQuery(LOCK).execute(Tuple.of(id)).map(ImportTable::first);
    }

    Uni<List<Import>> list(SqlClient client, @Nullable UUID after, int limit) {
        return ListQuery.of(LIST)
                .when(after != null, "id < ?", after)
                .end("ORDER BY id DESC LIMIT ?", limit)
                .execute(client)
                .map(ImportTable::all);
    }

    /** Moves an import on by a chunk. */
    Uni<Import> advance(SqlClient transaction, UUID id, Step step) {
        var more = step.more();
        return transaction
                .preparedQuery(ADVANCE)
                .execute(Tuple.from(Arrays.asList(
                        id,
                        step.nextByte(),
                        step.nextLine(),
                        step.carried(),
                        more.read(),
                        more.created(),
                        more.updated(),
                        more.unchanged(),
                        more.rejected(),
                        more.duplicates())))
                .map(rows -> first(rows).orElseThrow());
    }

    /** Ends an import; empty if it has ended before. */
    Uni<Optional<Import>> finish(SqlClient client, UUID id, Import.State state, @Nullable String reason) {
        return client.preparedQuery(FINISH)
                .execute(Tuple.of(id, state.wireName(), reason))
                .map(ImportTable::first);
    }

    /** Parts of the text, from this one on. */
    Uni<List<byte[]>> parts(SqlClient client, UUID id, int from, int most) {
        return client.preparedQuery(PARTS).execute(Tuple.of(id, from, most)).map(rows -> {
            var parts = new ArrayList<byte[]>();
            rows.forEach(row -> parts.add(row.getBuffer("content").getBytes()));
            return parts;
        });
    }

    /** Deletes a piece of what only the work needs; returns how many rows, 0 when nothing is left. */
    Uni<Integer> dropText(SqlClient client, UUID id) {
        return drop(client, DROP_PARTS, id)
                .chain(parts -> drop(client, DROP_SUBJECTS, id).map(subjects -> parts + subjects));
    }

    /** Deletes a piece of the refused lines; returns how many, 0 when none is left. */
    Uni<Integer> dropRejected(SqlClient client, UUID id) {
        return drop(client, DROP_REJECTED, id);
    }

    private static Uni<Integer> drop(SqlClient client, String sql, UUID id) {
        return client.preparedQuery(sql).execute(Tuple.of(id)).map(RowSet::rowCount);
    }

    /** Finished imports whose text was not deleted. */
    Uni<List<UUID>> withText(SqlClient client) {
        return client.preparedQuery(WITH_TEXT).execute().map(ImportTable::ids);
    }

    /** Remembers what lines are about; returns how often each has been until now, these lines included. */
    Uni<Map<String, Integer>> see(
            SqlClient transaction, UUID id, List<String> subjects, List<Long> lines, List<Integer> times) {
        return transaction
                .preparedQuery(SEE)
                .execute(Tuple.of(
                        id, subjects.toArray(String[]::new), lines.toArray(Long[]::new), times.toArray(Integer[]::new)))
                .map(rows -> {
                    var seen = new HashMap<String, Integer>();
                    rows.forEach(row -> seen.put(row.getString("subject"), row.getInteger("times")));
                    return seen;
                });
    }

    Uni<Void> reject(SqlClient transaction, UUID id, List<Rejected> lines) {
        return lines.isEmpty()
                ? Uni.createFrom().voidItem()
                : transaction
                        .preparedQuery(REJECT)
                        .execute(Tuple.of(
                                id,
                                lines.stream().map(Rejected::line).toArray(Long[]::new),
                                lines.stream()
                                        .map(line -> Buffer.buffer(line.raw().getBytes(StandardCharsets.UTF_8)))
                                        .toArray(Buffer[]::new),
                                lines.stream()
                                        .map(line -> storable(line.field()))
                                        .toArray(String[]::new),
                                lines.stream().map(Rejected::code).toArray(String[]::new),
                                lines.stream()
                                        .map(line -> storable(line.detail()))
                                        .toArray(String[]::new)))
                        .replaceWithVoid();
    }

    /** PostgreSQL stores no U+0000 in a text, and what is said about a line quotes it. */
    private static @Nullable String storable(@Nullable String text) {
        return text == null ? null : text.replace('\0', '\uFFFD');
    }

    /** The refused lines after a line, at least one if there are any, with about a megabyte of text at most. */
    Uni<List<Rejected>> rejected(SqlClient client, UUID id, long after, int limit) {
        return client.preparedQuery(REJECTED)
                .execute(Tuple.of(id, after, limit))
                .map(rows -> {
                    var rejected = new ArrayList<Rejected>();
                    rows.forEach(row -> rejected.add(new Rejected(
                            row.getLong("line"),
                            row.getBuffer("raw").toString(StandardCharsets.UTF_8),
                            row.getString("field"),
                            row.getString("code"),
                            row.getString("detail"))));
                    return rejected;
                });
    }

    /** Rows of others are waited for for a second. */
    Uni<Void> limitLocks(SqlClient transaction) {
        return transaction.query(LIMIT_LOCKS).execute().replaceWithVoid();
    }

    /** What follows can be undone. */
    Uni<Void> beginTrial(SqlClient transaction) {
        return transaction.query(BEGIN_TRIAL).execute().replaceWithVoid();
    }

    /** Undoes what was done since {@link #beginTrial}. */
    Uni<Void> undoTrial(SqlClient transaction) {
        return transaction.query(UNDO_TRIAL).execute().replaceWithVoid();
    }

    /** Deletes an import that does not arrive. */
    Uni<Void> delete(SqlClient client, UUID id) {
        return client.preparedQuery(DELETE).execute(Tuple.of(id)).replaceWithVoid();
    }

    /** Up to two imports that have ended that long ago, or have been arriving for that long. */
    Uni<List<UUID>> tooOld(SqlClient client, Duration ended, Duration arriving) {
        return client.preparedQuery(TOO_OLD)
                .execute(Tuple.of((double) ended.toSeconds(), (double) arriving.toSeconds()))
                .map(ImportTable::ids);
    }

    /** Deletes an import that has ended or does not arrive. */
    Uni<Void> prune(SqlClient client, UUID id) {
        return client.preparedQuery(PRUNE).execute(Tuple.of(id)).replaceWithVoid();
    }

    private static List<UUID> ids(RowSet<Row> rows) {
        var ids = new ArrayList<UUID>();
        rows.forEach(row -> ids.add(row.getUUID("id")));
        return ids;
    }

    /** Imports that have a job, as far as they know. */
    Uni<List<Import>> unfinished(SqlClient client) {
        return client.preparedQuery(UNFINISHED).execute().map(ImportTable::all);
    }

    private static Optional<Import> first(RowSet<Row> rows) {
        for (var row : rows) {
            return Optional.of(of(row));
        }
        return Optional.empty();
    }

    private static List<Import> all(RowSet<Row> rows) {
        var all = new ArrayList<Import>(rows.size());
        rows.forEach(row -> all.add(of(row)));
        return all;
    }

    private static Import of(Row row) {
        var locations = row.getArrayOfStrings("locations");
        var finishedAt = row.getOffsetDateTime("finished_at");
        var id = row.getUUID("id");
        return new Import(
                id,
                row.getString("kind"),
                Import.State.valueOf(row.getString("state").toUpperCase(Locale.ROOT)),
                row.getBoolean("dry_run"),
                row.getString("options"),
                row.getString("format"),
                locations == null ? null : List.of(locations),
                row.getLong("bytes"),
                row.getLong("next_byte"),
                row.getLong("next_line"),
                row.getString("carried"),
                new Import.Counts(
                        row.getLong("lines"),
                        row.getLong("created"),
                        row.getLong("updated"),
                        row.getLong("unchanged"),
                        row.getLong("rejected"),
                        row.getLong("duplicates")),
                row.getString("reason"),
                row.getUUID("job_id"),
                new RequestContext(row.getString("actor"), row.getString("trace_id"), EventMetadata.spanOf(id)),
                row.getOffsetDateTime("created_at").toInstant(),
                finishedAt == null ? null : finishedAt.toInstant());
    }
}
