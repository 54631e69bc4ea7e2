package org.pmsevents.http.issuer;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.lang.JoseException;

/**
 * A small identity provider with one public client: OpenID Connect Discovery, keys, authorization code with PKCE, refresh tokens that are
 * good once, sign-out. Whoever presses its button is anna; the browser is remembered by a cookie.
 */
public final class TestProvider implements AutoCloseable {
    public static final String CLIENT = "dashboard";

    /** What was asked for with a code, until it is used. */
    private record Grant(String redirect, String challenge, String nonce) {}

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, Object> metadata = new ConcurrentHashMap<>();
    private final List<PublicJsonWebKey> keys = new CopyOnWriteArrayList<>();
    private final Map<String, Grant> codes = new ConcurrentHashMap<>();
    private final Set<String> refreshTokens = ConcurrentHashMap.newKeySet();
    private final Set<String> sessions = ConcurrentHashMap.newKeySet();
    private final AtomicInteger reads = new AtomicInteger();
    private final AtomicInteger renewals = new AtomicInteger();
    private volatile Optional<String> page = Optional.empty();
    private volatile boolean givesRefreshTokens = true;
    private volatile boolean changesState;
    private volatile int lifetimeSeconds = 300;
    private volatile int status = 200;
    private volatile Consumer<JwtClaims> change = claims -> {};

    private TestProvider(int port) throws IOException, JoseException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.setExecutor(threads);
        var issuer = issuer();
        metadata.putAll(Map.of(
                "issuer", issuer,
                "jwks_uri", issuer + "/keys",
                "authorization_endpoint", issuer + "/authorize?theme=plain",
                "token_endpoint", issuer + "/token",
                "end_session_endpoint", issuer + "/end"));
        rotate();
        on("/.well-known/openid-configuration", this::describe);
        on("/keys", this::keys);
        on("/authorize", this::authorize);
        on("/enter", this::enter);
        on("/token", this::token);
        on("/end", this::end);
        server.start();
    }

    public static TestProvider start() throws Exception {
        return new TestProvider(0);
    }

    /** One that comes back at the same address, or only now comes there. */
    public static TestProvider startAt(int port) throws Exception {
        return new TestProvider(port);
    }

    public static String issuerAt(int port) {
        return "http://127.0.0.1:" + port + "/realms/shop";
    }

    private void on(String path, HttpHandler handler) {
        server.createContext(URI.create(issuer()).getPath() + path, exchange -> {
            try (exchange) {
                handler.handle(exchange);
            } catch (RuntimeException e) {
                e.printStackTrace();
                throw e;
            }
        });
    }

    public String issuer() {
        return issuerAt(server.getAddress().getPort());
    }

    /** The only page that it sends people back to, and that may ask it for tokens. */
    public void clientAt(URI origin) {
        page = Optional.of(origin + "/");
    }

    /** Says something else of itself; null for nothing. */
    public void says(String member, Object value) {
        if (value == null) {
            metadata.remove(member);
        } else {
            metadata.put(member, value);
        }
    }

    public void answers(int newStatus) {
        status = newStatus;
    }

    public void givesNoRefreshTokens() {
        givesRefreshTokens = false;
    }

    public void changesState() {
        changesState = true;
    }

    public void lifetime(int seconds) {
        lifetimeSeconds = seconds;
    }

    /** Changes what its tokens say. */
    public void tokens(Consumer<JwtClaims> newChange) {
        change = newChange;
    }

    /** Signs with a new key from now on; the old ones are still told of. */
    public void rotate() throws JoseException {
        var key = RsaJwkGenerator.generateJwk(2048);
        key.setKeyId(UUID.randomUUID().toString());
        keys.add(0, key);
    }

    /** How often it was asked what it is. */
    public int reads() {
        return reads.get();
    }

    /** How often a token was renewed. */
    public int renewals() {
        return renewals.get();
    }

    /** As it was at first, except for its keys. */
    public void reset() {
        givesRefreshTokens = true;
        changesState = false;
        lifetimeSeconds = 300;
        status = 200;
        change = claims -> {};
        forgetSessions();
    }

    /** Nobody is signed in here any more. */
    public void forgetSessions() {
        sessions.clear();
        refreshTokens.clear();
    }

    public boolean hasSession() {
        return !sessions.isEmpty();
    }

    /** A token for this client of somebody with these roles, as Keycloak has them. */
    public String token(String subject, String... roles) {
        return sign(claims -> {
            claims.setSubject(subject);
            claims.setClaim("resource_access", Map.of(CLIENT, Map.of("roles", List.of(roles))));
        });
    }

    private String sign(Consumer<JwtClaims> with) {
        var claims = new JwtClaims();
        claims.setIssuer(issuer());
        claims.setAudience(CLIENT);
        claims.setGeneratedJwtId();
        claims.setIssuedAtToNow();
        claims.setExpirationTimeMinutesInTheFuture(lifetimeSeconds / 60f);
        with.accept(claims);
        change.accept(claims);
        try {
            var key = keys.get(0);
            var token = new JsonWebSignature();
            token.setAlgorithmHeaderValue("RS256");
            token.setKeyIdHeaderValue(key.getKeyId());
            token.setKey(key.getPrivateKey());
            token.setPayload(claims.toJson());
            return token.getCompactSerialization();
        } catch (JoseException e) {
            throw new IllegalStateException(e);
        }
    }

    private void describe(HttpExchange exchange) throws IOException {
        reads.incrementAndGet();
        json(exchange, status, new JsonObject(new HashMap<>(metadata)).encode());
    }

    private void keys(HttpExchange exchange) throws IOException {
        json(exchange, status, new JsonWebKeySet(keys).toJson(JsonWebKey.OutputControlLevel.PUBLIC_ONLY));
    }

    /** RFC 6749, section 4.1.1; RFC 7636, section 4.3. */
    private void authorize(HttpExchange exchange) throws IOException {
        var asked = form(exchange.getRequestURI().getRawQuery());
        var redirect = asked.get("redirect_uri");
        if (!CLIENT.equals(asked.get("client_id")) || !page.equals(Optional.ofNullable(redirect))) {
            text(exchange, 400, "text/plain", "unknown client or redirect_uri");
            return;
        }
        boolean good = "code".equals(asked.get("response_type"))
                && "S256".equals(asked.get("code_challenge_method"))
                && asked.getOrDefault("code_challenge", "").length() == 43
                && List.of(asked.getOrDefault("scope", "").split(" ")).contains("openid")
                && "plain".equals(asked.get("theme"))
                && asked.getOrDefault("state", "").length() >= 32
                && asked.getOrDefault("nonce", "").length() >= 32;
        if (!good) {
            back(exchange, redirect, Map.of("error", "invalid_request", "state", asked.getOrDefault("state", "")));
        } else if (cookie(exchange).filter(sessions::contains).isPresent()) {
            code(exchange, asked);
        } else if ("none".equals(asked.get("prompt"))) {
            back(exchange, redirect, Map.of("error", "login_required", "state", asked.get("state")));
        } else {
            text(exchange, 200, "text/html", """
                    <!doctype html><title>Provider</title><link rel="icon" href="data:,">
                    <form method="post" action="enter?%s"><button id="enter">I am anna</button></form>
                    """.formatted(
                            exchange.getRequestURI().getRawQuery().replace("&", "&amp;")));
        }
    }

    private void enter(HttpExchange exchange) throws IOException {
        var session = UUID.randomUUID().toString();
        sessions.add(session);
        exchange.getResponseHeaders().add("Set-Cookie", "provider=" + session + "; Path=/; HttpOnly");
        code(exchange, form(exchange.getRequestURI().getRawQuery()));
    }

    private void code(HttpExchange exchange, Map<String, String> asked) throws IOException {
        var code = UUID.randomUUID().toString();
        codes.put(code, new Grant(asked.get("redirect_uri"), asked.get("code_challenge"), asked.get("nonce")));
        var state = changesState ? "another" : asked.get("state");
        back(exchange, asked.get("redirect_uri"), Map.of("code", code, "state", state, "iss", issuer()));
    }

    private static void back(HttpExchange exchange, String redirect, Map<String, String> query) throws IOException {
        var encoded = new StringBuilder(redirect).append('?');
        query.forEach((name, value) -> encoded.append(name)
                .append('=')
                .append(URLEncoder.encode(value, StandardCharsets.UTF_8))
                .append('&'));
        exchange.getResponseHeaders().add("Location", encoded.toString());
        exchange.sendResponseHeaders(302, -1);
    }

    /** RFC 6749, sections 4.1.3 and 6; RFC 7636, section 4.6. */
    private void token(HttpExchange exchange) throws IOException {
        var asked = form(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        var origin = exchange.getRequestHeaders().getFirst("Origin");
        if (origin != null && page.equals(Optional.of(origin + "/"))) {
            exchange.getResponseHeaders().add("Access-Control-Allow-Origin", origin);
        }
        if (!CLIENT.equals(asked.get("client_id")) || asked.containsKey("client_secret")) {
            json(exchange, 401, "{\"error\":\"invalid_client\"}");
            return;
        }
        var nonce = "";
        if ("refresh_token".equals(asked.get("grant_type"))) {
            if (!refreshTokens.remove(asked.getOrDefault("refresh_token", ""))) {
                json(exchange, 400, "{\"error\":\"invalid_grant\"}");
                return;
            }
            renewals.incrementAndGet();
        } else {
            var grant = codes.remove(asked.getOrDefault("code", ""));
            if (grant == null
                    || !"authorization_code".equals(asked.get("grant_type"))
                    || !grant.redirect.equals(asked.get("redirect_uri"))
                    || !grant.challenge.equals(challenge(asked.getOrDefault("code_verifier", "")))) {
                json(exchange, 400, "{\"error\":\"invalid_grant\"}");
                return;
            }
            nonce = grant.nonce;
        }
        var given = new JsonObject()
                .put("token_type", "Bearer")
                .put("access_token", "opaque")
                .put("expires_in", lifetimeSeconds)
                .put("id_token", idToken(nonce));
        if (givesRefreshTokens) {
            var fresh = UUID.randomUUID().toString();
            refreshTokens.add(fresh);
            given.put("refresh_token", fresh);
        }
        json(exchange, 200, given.encode());
    }

    private String idToken(String nonce) {
        return sign(claims -> {
            claims.setSubject("0d1a7c3e-anna");
            claims.setStringClaim("preferred_username", "anna");
            claims.setClaim("resource_access", Map.of(CLIENT, Map.of("roles", List.of("operator"))));
            if (!nonce.isEmpty()) {
                claims.setStringClaim("nonce", nonce);
            }
        });
    }

    /** OpenID Connect RP-Initiated Logout 1.0. */
    private void end(HttpExchange exchange) throws IOException {
        var asked = form(exchange.getRequestURI().getRawQuery());
        cookie(exchange).ifPresent(sessions::remove);
        if (CLIENT.equals(asked.get("client_id"))
                && page.equals(Optional.ofNullable(asked.get("post_logout_redirect_uri")))) {
            exchange.getResponseHeaders().add("Location", asked.get("post_logout_redirect_uri"));
            exchange.sendResponseHeaders(302, -1);
        } else {
            text(exchange, 200, "text/plain", "signed out");
        }
    }

    private static Optional<String> cookie(HttpExchange exchange) {
        return Optional.ofNullable(exchange.getRequestHeaders().getFirst("Cookie")).stream()
                .flatMap(line -> List.of(line.split("; ")).stream())
                .filter(cookie -> cookie.startsWith("provider="))
                .map(cookie -> cookie.substring("provider=".length()))
                .findFirst();
    }

    private static String challenge(String verifier) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(verifier.getBytes(StandardCharsets.US_ASCII));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Map<String, String> form(String encoded) {
        var form = new HashMap<String, String>();
        for (var pair : (encoded == null ? "" : encoded).split("&")) {
            int sign = pair.indexOf('=');
            if (sign > 0) {
                form.put(
                        URLDecoder.decode(pair.substring(0, sign), StandardCharsets.UTF_8),
                        URLDecoder.decode(pair.substring(sign + 1), StandardCharsets.UTF_8));
            }
        }
        return form;
    }

    private static void json(HttpExchange exchange, int status, String body) throws IOException {
        text(exchange, status, "application/json", body);
    }

    private static void text(HttpExchange exchange, int status, String type, String body) throws IOException {
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", type);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
