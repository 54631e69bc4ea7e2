package org.pmsevents.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.pmsevents.Client;

/**
 * The SQL of every {@code *Table}, prepared on one connection, with the plans that PostgreSQL keeps for it: those that do not depend on the
 * values. What a statement writes is rolled back.
 */
final class Statements implements AutoCloseable {
    private static final Path CLASSES = Path.of("target", "classes");

    /** Settings of the planner: of a whole table as {@code PLANS}, or of one statement. */
    private static final Map<String, String> SETTINGS = Map.of("PLANS", ".*", "CHECK_PLANS", "CORRECT_LOW");

    private final Connection connection;
    private final Map<String, Prepared> prepared = new TreeMap<>();

    private record Prepared(String name, int parameters, String settings) {}

    Statements(Connection connection) throws SQLException, IOException {
        this.connection = connection;
        connection.setAutoCommit(true);
        execute("SET plan_cache_mode = force_generic_plan");
        connection.setAutoCommit(false);
        try (var files = Files.walk(CLASSES)) {
            for (var file : files.filter(each -> each.toString().endsWith("Table.class"))
                    .toList()) {
                prepareAll(type(CLASSES.relativize(file).toString()));
            }
        }
        connection.commit();
    }

    private static Class<?> type(String file) {
        try {
            return Class.forName(file.replace(".class", "").replace('/', '.').replace('\\', '.'));
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    private void prepareAll(Class<?> table) throws SQLException {
        var settings = new TreeMap<String, String>();
        var statements = new TreeMap<String, String>();
        for (var field : table.getDeclaredFields()) {
            if (Modifier.isStatic(field.getModifiers()) && field.getType() == String.class) {
                field.setAccessible(true);
                var text = text(field);
                if (SETTINGS.containsKey(field.getName())) {
                    settings.put(SETTINGS.get(field.getName()), text);
                } else if (isStatement(text)) {
                    statements.put(field.getName(), text);
                }
            }
        }
        for (var each : statements.entrySet()) {
            var name = "s" + prepared.size();
            execute("PREPARE " + name + " AS " + each.getValue());
            var own = settings.entrySet().stream()
                    .filter(setting -> each.getKey().matches(setting.getKey()))
                    .map(Map.Entry::getValue)
                    .collect(Collectors.joining("; "));
            prepared.put(table.getSimpleName() + "." + each.getKey(), new Prepared(name, parameters(name), own));
        }
    }

    private static String text(Field field) {
        try {
            return ((String) field.get(null)).strip();
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Not one with gaps, nor the begin of one. */
    private static boolean isStatement(String text) {
        return text.matches("(?s)(SELECT|WITH|INSERT|UPDATE|DELETE)\\b.*")
                && !text.matches("(?s).*%([1-9]\\$)?[sd].*")
                && !text.matches("INSERT INTO \\w+ \\([^)]*\\)");
    }

    private int parameters(String name) throws SQLException {
        try (var statement = connection.createStatement();
                var rows = statement.executeQuery(
                        "SELECT cardinality(parameter_types) FROM pg_prepared_statements WHERE name = '" + name
                                + "'")) {
            rows.next();
            return rows.getInt(1);
        }
    }

    /** As {@code StockTable.FIND}. */
    Set<String> names() {
        return prepared.keySet();
    }

    double cost(String name) throws SQLException {
        return plan(name).get("Total Cost").doubleValue();
    }

    /** The tables that the plan reads from one end to the other. */
    Set<String> readWhole(String name) throws SQLException {
        var tables = new TreeSet<String>();
        collect(plan(name), tables);
        return tables;
    }

    private static void collect(JsonNode node, Set<String> tables) {
        if (node.path("Node Type").asText().equals("Seq Scan")) {
            tables.add(node.get("Relation Name").textValue());
        }
        node.forEach(child -> collect(child, tables));
    }

    private JsonNode plan(String name) throws SQLException {
        int parameters = prepared.get(name).parameters();
        return explain(
                "FORMAT JSON", name, Collections.nCopies(parameters, "NULL").toArray(String[]::new));
    }

    /** How many pages the statement reads, from memory or disk, those of its triggers and functions included. */
    long pages(String name, String... values) throws SQLException {
        var plan = explain("ANALYZE, BUFFERS, FORMAT JSON", name, values);
        return plan.get("Shared Hit Blocks").longValue()
                + plan.get("Shared Read Blocks").longValue();
    }

    /** How many rows of tables the statement looks at, those that do not match included. */
    long rows(String name, String... values) throws SQLException {
        return rows(explain("ANALYZE, FORMAT JSON", name, values));
    }

    private static long rows(JsonNode node) {
        long rows = 0;
        if (node.has("Relation Name")) {
            double each = node.path("Actual Rows").doubleValue()
                    + node.path("Rows Removed by Filter").doubleValue();
            rows = Math.round(each * node.path("Actual Loops").doubleValue());
        }
        for (var child : node) {
            rows += rows(child);
        }
        return rows;
    }

    private JsonNode explain(String options, String name, String... values) throws SQLException {
        var statement = prepared.get(name);
        try {
            if (!statement.settings().isEmpty()) {
                execute(statement.settings());
            }
            var arguments = values.length == 0 ? "" : "(" + String.join(", ", values) + ")";
            try (var explain = connection.createStatement();
                    var rows =
                            explain.executeQuery("EXPLAIN (" + options + ") EXECUTE " + statement.name() + arguments)) {
                rows.next();
                return Client.json(rows.getString(1)).get(0).get("Plan");
            }
        } finally {
            connection.rollback();
        }
    }

    private void execute(String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
