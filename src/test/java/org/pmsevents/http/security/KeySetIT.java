package org.pmsevents.http.security;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jose4j.jwk.EcJwkGenerator;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.JsonWebKeySet;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jwk.RsaJwkGenerator;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.jwt.JwtClaims;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.lang.JoseException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pmsevents.cluster.Cluster;

/** The packaged service takes tokens by the keys of an issuer that it reaches by TLS. */
@Tag("native")
class KeySetIT {
    private static final String PASSWORD = "no-secret";

    @TempDir
    Path folder;

    @Test
    void tokensOfAnIssuerAreTaken() throws Exception {
        var rsa = RsaJwkGenerator.generateJwk(2048);
        rsa.setKeyId("rsa");
        var ec = EcJwkGenerator.generateJwk(EllipticCurves.P256);
        ec.setKeyId("ec");
        var stranger = RsaJwkGenerator.generateJwk(2048);
        stranger.setKeyId("rsa");
        var keys = folder.resolve("issuer.p12");
        makeCertificate(keys);
        var issuer = issuer(keys, rsa, ec);
        issuer.start();
        var url = "https://localhost:" + issuer.getAddress().getPort() + "/jwks";
        try (var cluster = new Cluster(Map.of("PMS_EVENTS_JWT_JWKS_URL", url))) {
            var replica = cluster.start(
                    0,
                    "-Djavax.net.ssl.trustStore=" + keys,
                    "-Djavax.net.ssl.trustStorePassword=" + PASSWORD,
                    "-Djavax.net.ssl.trustStoreType=PKCS12");
            // a replica that has only just started may take too long over its first call of the issuer
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> status(replica.address() + "/api/products", token("RS256", rsa)) == 200);
            for (var token : List.of(token("RS256", rsa), token("ES256", ec))) {
                assertThat(status(replica.address() + "/api/products", token)).isEqualTo(200);
            }
            assertThat(status(replica.address() + "/api/products", token("RS256", stranger)))
                    .isEqualTo(401);
        } finally {
            issuer.stop(0);
        }
    }

    private static int status(String url, String token) {
        return given().header("Authorization", "Bearer " + token).get(url).statusCode();
    }

    private static String token(String algorithm, PublicJsonWebKey key) throws JoseException {
        var claims = new JwtClaims();
        claims.setSubject("vera");
        claims.setStringListClaim("groups", "viewer");
        claims.setExpirationTimeMinutesInTheFuture(10);
        var token = new JsonWebSignature();
        token.setAlgorithmHeaderValue(algorithm);
        token.setKeyIdHeaderValue(key.getKeyId());
        token.setKey(key.getPrivateKey());
        token.setPayload(claims.toJson());
        return token.getCompactSerialization();
    }

    private static void makeCertificate(Path store) throws Exception {
        var keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "issuer",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "SAN=dns:localhost",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        store.toString(),
                        "-storepass",
                        PASSWORD)
                .inheritIO()
                .start();
        assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(keytool.exitValue()).isZero();
    }

    private static HttpsServer issuer(Path store, PublicJsonWebKey... keys) throws Exception {
        var certificate = KeyStore.getInstance("PKCS12");
        try (var in = Files.newInputStream(store)) {
            certificate.load(in, PASSWORD.toCharArray());
        }
        var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(certificate, PASSWORD.toCharArray());
        var tls = SSLContext.getInstance("TLS");
        tls.init(managers.getKeyManagers(), null, null);
        var server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls));
        var body = new JsonWebKeySet(keys)
                .toJson(JsonWebKey.OutputControlLevel.PUBLIC_ONLY)
                .getBytes(StandardCharsets.UTF_8);
        server.createContext("/jwks", exchange -> {
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        return server;
    }
}
