package org.pmsevents.bench;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pmsevents.http.security.Tokens;

/** Products created and patched over REST beside the same insert and update as one statement each, sent by pgbench. */
class ProductBench {
    private static final int CONNECTIONS = 32;
    private static final String PGBENCH_CLIENTS = "32";
    private static final int PATCHED = 1_000;
    private static final int LINES = 1_000;
    private static final int BATCHES = 2;
    private static final int ROUNDS = Integer.getInteger("bench.rounds", 5);
    private static final Duration WARM_UP = Duration.ofSeconds(Integer.getInteger("bench.warmup", 60));
    private static final Duration ROUND = Duration.ofSeconds(Integer.getInteger("bench.seconds", 8));
    private static final String TOKEN = Tokens.bearer("bench", "editor");

    /** The product, its stock and its event in one statement. */
    private static final String INSERT = """
            WITH created AS (INSERT INTO product SELECT 'L-' || gen_random_uuid(), 'A product of the bench', 'With a description of some length', 12.50, 'EUR', '{bench,new}', '{"colour":"red","weight":12}', 'draft', 1, now(), now(), NULL RETURNING *), opened AS (INSERT INTO stock (sku, location) SELECT sku, 'main' FROM created) INSERT INTO event (id, type, subject, actor, trace_id, occurred_at, payload) SELECT gen_random_uuid(), 'product.created', sku, 'bench', '0af7651916cd43dd8448eb211c80319c', now(), json_build_object('sku', sku, 'name', name, 'description', description, 'price', json_build_object('amount', price_amount, 'currency', price_currency), 'tags', tags, 'attributes', attributes, 'status', status, 'version', version, 'createdAt', created_at, 'updatedAt', updated_at, 'publishedAt', published_at) FROM created;
            """;

    private static final String UPDATE = """
            \\set n random(1, %d)
            WITH changed AS (UPDATE product SET name = 'Name ' || random(), version = version + 1, updated_at = now() WHERE sku = 'B' || :n::int RETURNING *) INSERT INTO event (id, type, subject, actor, trace_id, occurred_at, payload) SELECT gen_random_uuid(), 'product.updated', sku, 'bench', '0af7651916cd43dd8448eb211c80319c', now(), json_build_object('sku', sku, 'name', name, 'description', description, 'price', json_build_object('amount', price_amount, 'currency', price_currency), 'tags', tags, 'attributes', attributes, 'status', status, 'version', version, 'createdAt', created_at, 'updatedAt', updated_at, 'publishedAt', published_at, 'changed', '["name"]'::json) FROM changed;
            """.formatted(PATCHED);

    private static final String PRODUCTS = """
            INSERT INTO product SELECT 'B' || n, 'Bench', NULL, 1, 'EUR', '{}', '{}', 'draft', 1, now(), now(), NULL
            FROM generate_series(1, %d) AS n;
            INSERT INTO stock (sku, location) SELECT 'B' || n, 'main' FROM generate_series(1, %d) AS n;
            """.formatted(PATCHED, PATCHED);

    @TempDir
    Path folder;

    private final AtomicInteger created = new AtomicInteger();

    @Test
    void createsBesideTheSameInsert() throws Exception {
        compare("creates", INSERT, this::create);
    }

    @Test
    void patchesBesideTheSameUpdate() throws Exception {
        compare("patches", UPDATE, ProductBench::patch);
    }

    /**
     * What a created product costs PostgreSQL alone, with others at the same time, and in batches of 1,000; and batches beside the same
     * insert.
     */
    @Test
    void createsInBatchesBesideSingleOnesAndTheSameInsert() throws Exception {
        try (var servers = new BenchServers()) {
            servers.forLimit(PRODUCTS);
            var script = Files.writeString(folder.resolve("batches.sql"), INSERT);
            try (var replica = servers.service("bench")) {
                var server = replica.address();
                servers.forService(PRODUCTS);
                var alone = new HttpLoad(server, 1, () -> http(server, create()));
                var together = new HttpLoad(server, CONNECTIONS, () -> http(server, create()));
                var batches = new HttpLoad(server, BATCHES, () -> http(server, batch()));
                together.run(WARM_UP);
                batches.run(WARM_UP);
                System.out.printf(
                        "%nproducts created: PostgreSQL's CPU µs for each, and batches of %d from %d connections beside the same"
                                + " insert%nround    alone  together  batches  of alone    limit/s  service/s  ratio%n",
                        LINES, BATCHES);
                for (int i = 1; i <= ROUNDS; i++) {
                    double limit = servers.pgbench(script, "-c", PGBENCH_CLIENTS, "-T", "" + ROUND.toSeconds());
                    var one = cost(servers, alone, 1);
                    var many = cost(servers, together, 1);
                    var lines = cost(servers, batches, LINES);
                    System.out.printf(
                            "%5d %8.0f %9.0f %8.0f %9.2f %10.0f %10.0f %6.2f%n",
                            i,
                            one.micros(),
                            many.micros(),
                            lines.micros(),
                            lines.micros() / one.micros(),
                            limit,
                            lines.perSecond(),
                            lines.perSecond() / limit);
                }
            }
        }
    }

    /** @param micros processor time of PostgreSQL for each product */
    private record Cost(double micros, double perSecond) {}

    private static Cost cost(BenchServers servers, HttpLoad load, int products) throws Exception {
        var before = servers.postgresCpu();
        var result = load.run(ROUND).allDone();
        var cpu = servers.postgresCpu().minus(before);
        return new Cost(cpu.toNanos() / 1e3 / result.sortedNanos().length / products, result.perSecond() * products);
    }

    private void compare(String name, String statement, Supplier<String[]> request) throws Exception {
        try (var servers = new BenchServers()) {
            servers.forLimit(PRODUCTS);
            var script = Files.writeString(folder.resolve(name + ".sql"), statement);
            try (var replica = servers.service("bench")) {
                var server = replica.address();
                servers.forService(PRODUCTS);
                var load = new HttpLoad(server, CONNECTIONS, () -> http(server, request.get()));
                load.run(WARM_UP);
                var comparison =
                        new Comparison(name, CONNECTIONS + " connections; pgbench with the same as one statement each");
                for (int i = 0; i < ROUNDS; i++) {
                    double limit = servers.pgbench(script, "-c", PGBENCH_CLIENTS, "-T", "" + ROUND.toSeconds());
                    comparison.round(limit, replica, load, ROUND);
                }
                comparison.report();
            }
        }
    }

    private String[] create() {
        return new String[] {"POST /api/products", "application/json", product()};
    }

    private String[] batch() {
        var lines = Stream.generate(this::product).limit(LINES).collect(Collectors.joining(","));
        return new String[] {"POST /api/products/batch?mode=create", "application/json", "{\"lines\":[" + lines + "]}"};
    }

    private String product() {
        return "{\"sku\":\"P-" + created.incrementAndGet()
                + "\",\"name\":\"A product of the bench\",\"description\":\"With a"
                + " description of some length\",\"price\":{\"amount\":12.50,\"currency\":\"EUR\"},\"tags\":[\"bench\",\"new\"],"
                + "\"attributes\":{\"colour\":\"red\",\"weight\":12}}";
    }

    private static String[] patch() {
        var random = ThreadLocalRandom.current();
        return new String[] {
            "PATCH /api/products/B" + random.nextInt(1, PATCHED + 1),
            "application/merge-patch+json",
            "{\"name\":\"Name " + random.nextLong() + "\"}"
        };
    }

    /** @param request method and path, media type, body */
    private static String http(URI server, String[] request) {
        return request[0] + " HTTP/1.1\r\nHost: " + server.getAuthority() + "\r\nAuthorization: " + TOKEN
                + "\r\nContent-Type: " + request[1] + "\r\nContent-Length: " + request[2].length() + "\r\n\r\n"
                + request[2];
    }
}
