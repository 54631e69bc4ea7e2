package org.pmsevents.bench;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pmsevents.http.security.Tokens;

/** Products created and patched over REST beside the same insert and update as one statement each, sent by pgbench. */
class ProductBench {
    private static final int CONNECTIONS = 32;
    private static final String PGBENCH_CLIENTS = "32";
    private static final int PATCHED = 1_000;
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
        return new String[] {
            "POST /api/products",
            "application/json",
            "{\"sku\":\"P-" + created.incrementAndGet()
                    + "\",\"name\":\"A product of the bench\",\"description\":\"With a"
                    + " description of some length\",\"price\":{\"amount\":12.50,\"currency\":\"EUR\"},\"tags\":[\"bench\",\"new\"],"
                    + "\"attributes\":{\"colour\":\"red\",\"weight\":12}}"
        };
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
