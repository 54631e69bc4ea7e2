package org.pmsevents.platform.database;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.Row;
import io.vertx.mutiny.sqlclient.RowSet;
import io.vertx.mutiny.sqlclient.SqlClient;
import io.vertx.mutiny.sqlclient.Tuple;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A query with those of its conditions that are given. One statement for all combinations, with {@code $1 IS NULL OR …}, would after a few
 * executions get one plan for all of them, which reads the whole table, for the life of the connection.
 */
public final class ListQuery {
    private final StringBuilder sql;
    private final List<@Nullable Object> values = new ArrayList<>();
    private String conjunction = " WHERE ";

    private ListQuery(String select) {
        sql = new StringBuilder(select);
    }

    /** Begins with what precedes the conditions: {@code SELECT … FROM …}. */
    public static ListQuery of(String select) {
        return new ListQuery(select);
    }

    /**
     * Adds a condition.
     *
     * @param condition with a {@code ?} for each value
     */
    public ListQuery where(String condition, @Nullable Object... given) {
        sql.append(conjunction);
        conjunction = " AND ";
        return append(condition, given);
    }

    /** Adds a condition, if the filter is given. */
    public ListQuery when(boolean isGiven, String condition, @Nullable Object... given) {
        return isGiven ? where(condition, given) : this;
    }

    /** Adds what follows the conditions: {@code ORDER BY … LIMIT ?}. */
    public ListQuery end(String clause, @Nullable Object... given) {
        sql.append(' ');
        return append(clause, given);
    }

    private ListQuery append(String clause, @Nullable Object... given) {
        int next = values.size();
        for (int i = 0; i < clause.length(); i++) {
            char each = clause.charAt(i);
            if (each == '?') {
                next++;
                sql.append('$').append(next);
            } else {
                sql.append(each);
            }
        }
        values.addAll(Arrays.asList(given));
        if (next != values.size()) {
            throw new IllegalArgumentException("the values do not fit " + clause);
        }
        return this;
    }

    /** The statement, with parameters from {@code $1} on. */
    public String sql() {
        return sql.toString();
    }

    public Tuple parameters() {
        return Tuple.from(values);
    }

    public Uni<RowSet<Row>> execute(SqlClient client) {
        return client.preparedQuery(sql()).execute(parameters());
    }
}
