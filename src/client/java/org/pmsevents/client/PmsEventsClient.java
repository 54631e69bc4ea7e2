package org.pmsevents.client;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * The REST API of one or several replicas. Calls block. A read, and a change with an {@code Idempotency-Key}, is sent again, to the next
 * replica, for as long as there is no answer, or one that asks to come again (408, 429, 503), within the patience. Such a change takes
 * effect once. {@link #post} makes the key.
 */
public final class PmsEventsClient {
    static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private static final String KEY = "Idempotency-Key";
    private static final Set<Integer> PASSING = Set.of(408, 429, 503);

    private final HttpClient http;
    private final List<URI> addresses;
    private final Supplier<String> token;
    private final Duration timeout;
    private final Duration patience;
    private final AtomicInteger next = new AtomicInteger();

    private PmsEventsClient(Builder from) {
        this.http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
        this.addresses = List.copyOf(from.addresses);
        this.token = from.token;
        this.timeout = from.timeout;
        this.patience = from.patience;
    }

    /** @param addresses of replicas or a load balancer, such as {@code https://events.example}, without a path */
    public static Builder at(URI... addresses) {
        return new Builder(List.of(addresses));
    }

    /** How to reach the service. */
    public static final class Builder {
        private final List<URI> addresses;
        private Supplier<String> token = () -> "";
        private Duration timeout = Duration.ofSeconds(20);
        private Duration patience = Duration.ofSeconds(30);

        private Builder(List<URI> addresses) {
            if (addresses.isEmpty()) {
                throw new IllegalArgumentException("at least one address is needed");
            }
            this.addresses = addresses;
        }

        /** @param token an API key, or a supplier that is asked before each request and connection, so that an expired one is replaced */
        public Builder token(Supplier<String> token) {
            this.token = token;
            return this;
        }

        /** An API key, or another token that does not expire. */
        public Builder token(String token) {
            return token(() -> token);
        }

        /** How long one attempt may take; 20 s. */
        public Builder timeout(Duration timeout) {
            this.timeout = timeout;
            return this;
        }

        /** For how long a request is sent again; 30 s. */
        public Builder patience(Duration patience) {
            this.patience = patience;
            return this;
        }

        public PmsEventsClient build() {
            return new PmsEventsClient(this);
        }
    }

    /** Reads. The path may have a query. */
    public Answer get(String path) {
        return request("GET", path, null, Map.of());
    }

    /** Changes, with a new idempotency key. */
    public Answer post(String path, Object body) {
        return post(path, body, UUID.randomUUID().toString());
    }

    /** Changes, with a key of the caller's, who may repeat the call after a crash. */
    public Answer post(String path, Object body, String idempotencyKey) {
        return request("POST", path, body, Map.of(KEY, idempotencyKey));
    }

    /**
     * Sends any request.
     *
     * @param body a {@link JsonNode}, or what Jackson can write; null for none
     * @throws ProblemException if the service refuses it, or can't be reached within the patience
     */
    public Answer request(String method, String path, Object body, Map<String, String> headers) {
        var sent = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
        if (body != null) {
            sent.put("Content-Type", "application/json");
        }
        sent.putAll(headers);
        boolean repeatable = method.equals("GET") || sent.containsKey(KEY);
        long end = System.nanoTime() + patience.toNanos();
        var pauses = new Pauses(Duration.ofMillis(100), Duration.ofSeconds(5));
        while (true) {
            ProblemException failure;
            var pause = pauses.next();
            try {
                return answer(attempt(method, path, body, sent));
            } catch (ProblemException refused) {
                failure = refused;
                pause = refused instanceof Retry retry && retry.after != null ? retry.after : pause;
            } catch (IOException e) {
                failure = new ProblemException(0, "no-answer", String.valueOf(e), MissingNode.getInstance());
                failure.initCause(e);
            }
            boolean passing = failure.status() == 0 || failure instanceof Retry;
            if (!repeatable || !passing || System.nanoTime() + pause.toNanos() > end) {
                throw failure;
            }
            sleep(pause, failure);
        }
    }

    private static void sleep(Duration pause, ProblemException failure) {
        try {
            Thread.sleep(pause.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failure;
        }
    }

    private HttpResponse<byte[]> attempt(String method, String path, Object body, Map<String, String> headers)
            throws IOException {
        var address = addresses.get(Math.floorMod(next.getAndIncrement(), addresses.size()));
        var request = HttpRequest.newBuilder(address.resolve(path))
                .timeout(timeout)
                .header("Authorization", "Bearer " + token.get())
                .method(
                        method,
                        body == null
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)));
        headers.forEach(request::header);
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** A refusal that may be gone at the next attempt. */
    private static final class Retry extends ProblemException {
        private static final long serialVersionUID = 1L;

        private final Duration after;

        Retry(ProblemException refusal, Duration after) {
            super(refusal.status(), refusal.code(), refusal.detail(), refusal.problem());
            this.after = after;
        }
    }

    private static Answer answer(HttpResponse<byte[]> response) throws IOException {
        if (response.statusCode() < 400) {
            var body = response.body();
            return new Answer(
                    response.statusCode(),
                    response.headers(),
                    body.length == 0 ? MissingNode.getInstance() : JSON.readTree(body));
        }
        var refusal = problem(response.statusCode(), new String(response.body(), StandardCharsets.UTF_8));
        if (PASSING.contains(response.statusCode()) || refusal.code().equals("idempotency-key-busy")) {
            var after = response.headers()
                    .firstValue("Retry-After")
                    .filter(seconds -> seconds.matches("[0-9]{1,4}"))
                    .map(seconds -> Duration.ofSeconds(Long.parseLong(seconds)));
            throw new Retry(refusal, after.orElse(null));
        }
        throw refusal;
    }

    static ProblemException problem(int status, String body) {
        try {
            var problem = JSON.readTree(body);
            if (problem != null && problem.path("code").isTextual()) {
                return new ProblemException(
                        status,
                        problem.path("code").asText(),
                        problem.path("detail").asText(),
                        problem);
            }
        } catch (JsonProcessingException e) {
            // it was not the service that answered
        }
        return new ProblemException(
                status, Integer.toString(status), "answered with " + status, MissingNode.getInstance());
    }

    /** Reads a product; its ETag is in the answer. */
    public Answer product(String sku) {
        return get("/api/products/" + segment(sku));
    }

    /** Creates a product, a draft. Refused with {@code product-exists} if there is one. */
    public JsonNode createProduct(JsonNode product) {
        return post("/api/products", product).body();
    }

    /**
     * Changes parts of a product (RFC 7396).
     *
     * @param etag of the version that is to be changed; another one is refused with {@code version-mismatch}
     */
    public Answer patchProduct(String sku, JsonNode patch, String etag) {
        return request(
                "PATCH",
                "/api/products/" + segment(sku),
                patch,
                Map.of("Content-Type", "application/merge-patch+json", "If-Match", etag));
    }

    /** Publishes a product; the answer has {@code pmsSync}. */
    public JsonNode publish(String sku) {
        return post("/api/products/" + segment(sku) + "/publish", null).body();
    }

    /** Reads the stock of a product at a location, such as {@code main}. */
    public JsonNode stock(String sku, String location) {
        return get("/api/inventory/" + segment(sku) + "?location=" + segment(location)).body();
    }

    /**
     * Adds to a stock, or takes from it if {@code delta} is negative.
     *
     * @param adjustment {@code {delta, reason, reference?, location?, expectedOnHand?, occurredAt?}}
     * @param idempotencyKey such as the number of the receipt
     */
    public JsonNode adjust(String sku, JsonNode adjustment, String idempotencyKey) {
        return post("/api/inventory/" + segment(sku) + "/adjustments", adjustment, idempotencyKey)
                .body();
    }

    /** The same for the simplest case, with a new key. */
    public JsonNode adjust(String sku, long delta, String reason) {
        var adjustment = object().put("delta", delta).put("reason", reason);
        return adjust(sku, adjustment, UUID.randomUUID().toString());
    }

    /** Sets a stock to what was counted: {@code {onHand, reason, reference?, location?}}. */
    public JsonNode count(String sku, JsonNode count, String idempotencyKey) {
        return request("PUT", "/api/inventory/" + segment(sku), count, Map.of(KEY, idempotencyKey))
                .body();
    }

    /** The feed of these topics, such as {@code product.*}. */
    public Feed.Builder feed(String... topics) {
        return new Feed.Builder(addresses, token, http, List.of(topics));
    }

    /** An empty object, for bodies. */
    public static ObjectNode object() {
        return JSON.createObjectNode();
    }

    /** Escapes a name, such as a SKU, for a path or a query. */
    public static String segment(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }

    static JsonNode parse(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
