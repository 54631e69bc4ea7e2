package org.pmsevents.http.issuer;

import io.vertx.core.Vertx;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/** Has an identity provider for each test. */
public abstract class AtProvider {
    protected static Vertx vertx;

    protected TestProvider provider;

    @BeforeAll
    static void open() {
        vertx = Vertx.vertx();
    }

    @AfterAll
    static void close() {
        vertx.close();
    }

    @BeforeEach
    void start() throws Exception {
        provider = TestProvider.start();
    }

    @AfterEach
    void stop() {
        provider.close();
    }
}
