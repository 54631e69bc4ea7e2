package org.pmsevents.metrics;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * The counts of a minute or an hour, of one replica or of all: requests by route with their latencies, events by type, reads of the
 * cache. In Redis each number is a field of a hash, so that replicas add to it independently. Not thread-safe.
 */
public final class Counts {
    private static final String REQUESTS = "q";
    private static final String ERRORS = "x";
    private static final String EVENTS = "v";
    private static final String CACHE_READS = "r";
    private static final String CACHE_HITS = "h";

    private final Map<String, Route> routes = new HashMap<>();
    private final Map<String, Long> events = new TreeMap<>();
    private long cacheReads;
    private long cacheHits;

    /** The requests of a method to a route, such as {@code GET /api/products}. */
    public static final class Route {
        private final LatencyHistogram latencies = new LatencyHistogram();
        private long errors;

        public LatencyHistogram latencies() {
            return latencies;
        }

        public long errors() {
            return errors;
        }
    }

    public Map<String, Route> routes() {
        return routes;
    }

    /** The latencies of all routes. */
    public LatencyHistogram latencies() {
        var all = new LatencyHistogram();
        routes.values().forEach(route -> all.add(route.latencies));
        return all;
    }

    /** The errors of all routes. */
    public long errors() {
        return routes.values().stream().mapToLong(Route::errors).sum();
    }

    public Map<String, Long> events() {
        return events;
    }

    public long cacheReads() {
        return cacheReads;
    }

    public long cacheHits() {
        return cacheHits;
    }

    public void addRequests(String route, int bucket, long count) {
        if (count > 0) {
            routes.computeIfAbsent(route, name -> new Route()).latencies.add(bucket, count);
        }
    }

    public void addErrors(String route, long count) {
        if (count > 0) {
            routes.computeIfAbsent(route, name -> new Route()).errors += count;
        }
    }

    public void addEvents(String type, long count) {
        if (count > 0) {
            events.merge(type, count, Long::sum);
        }
    }

    public void addCacheReads(long reads, long hits) {
        cacheReads += reads;
        cacheHits += hits;
    }

    public void add(Counts other) {
        other.routes.forEach((name, added) -> {
            var route = routes.computeIfAbsent(name, key -> new Route());
            route.latencies.add(added.latencies);
            route.errors += added.errors;
        });
        other.events.forEach(this::addEvents);
        addCacheReads(other.cacheReads, other.cacheHits);
    }

    boolean isEmpty() {
        return routes.isEmpty() && events.isEmpty() && cacheReads == 0;
    }

    /**
     * The counts as fields of a hash: {@code q 17 GET /api/products}, {@code x GET /api/products}, {@code v product.created},
     * {@code r}, {@code h}.
     */
    public Map<String, Long> fields() {
        var fields = new HashMap<String, Long>();
        routes.forEach((name, route) -> {
            for (int bucket = 0; bucket < LatencyHistogram.BUCKETS; bucket++) {
                put(fields, REQUESTS + " " + bucket + " " + name, route.latencies.count(bucket));
            }
            put(fields, ERRORS + " " + name, route.errors);
        });
        events.forEach((type, count) -> put(fields, EVENTS + " " + type, count));
        put(fields, CACHE_READS, cacheReads);
        put(fields, CACHE_HITS, cacheHits);
        return fields;
    }

    private static void put(Map<String, Long> fields, String field, long count) {
        if (count > 0) {
            fields.put(field, count);
        }
    }

    /** Adds a field. Ignores fields of another version that this one does not know. */
    public void addField(String field, long count) {
        var parts = field.split(" ", 3);
        switch (parts[0]) {
            case REQUESTS -> {
                int bucket = parts.length < 3 ? -1 : bucket(parts[1]);
                if (bucket >= 0) {
                    addRequests(parts[2], bucket, count);
                }
            }
            case ERRORS -> addErrors(field.substring(2), count);
            case EVENTS -> addEvents(field.substring(2), count);
            case CACHE_READS -> addCacheReads(count, 0);
            case CACHE_HITS -> addCacheReads(0, count);
            default -> {}
        }
    }

    private static int bucket(String text) {
        try {
            int bucket = Integer.parseInt(text);
            return bucket < LatencyHistogram.BUCKETS ? bucket : -1;
        } catch (NumberFormatException e) {
            return -1;
        }
    }
}
