package org.pmsevents.http.issuer;

import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The identity provider of the settings, described by itself. It is asked at the start, which does not wait for the answer; while it has
 * never answered, tokens can't be verified. What it said is read again every hour, and good for a day without it.
 */
@Singleton
@Startup
public class IdentityProvider {
    private static final Logger LOG = Logger.getLogger(IdentityProvider.class);
    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final Duration REFRESH_AFTER = Duration.ofHours(1);
    private static final String TYPES = "application/json";

    private final OidcConfig config;
    private final IssuerClient client;
    private final Clock clock;
    private final Duration pause;
    private final Fetched<ProviderMetadata> metadata;

    @Inject
    public IdentityProvider(OidcConfig config, Vertx vertx, Clock clock) {
        this(config, vertx, clock, PAUSE);
    }

    /** @param pause the minimum time between two requests to it */
    public IdentityProvider(OidcConfig config, Vertx vertx, Clock clock, Duration pause) {
        this.config = config;
        this.client = new IssuerClient(vertx);
        this.clock = clock;
        this.pause = pause;
        this.metadata = new Fetched<>("metadata of the identity provider", this::fetch, clock, pause, REFRESH_AFTER);
        config.issuer().flatMap(IssuerUrl::problem).ifPresent(problem -> {
            throw new IllegalStateException(problem);
        });
        if (config.issuer().isPresent()) {
            metadata.get(any -> true)
                    .subscribe()
                    .with(
                            there -> LOG.infof(
                                    "Tokens of %s are accepted.",
                                    config.issuer().get()),
                            away -> LOG.warnf(
                                    "The identity provider %s is not there yet: until it is, requests with its tokens"
                                            + " are answered 503.",
                                    config.issuer().get()));
        }
    }

    /** How it calls itself; empty if the settings name none. */
    public Optional<String> issuer() {
        return config.issuer();
    }

    /** The client that the dashboard is; empty if it signs nobody in. */
    public Optional<String> clientId() {
        return config.issuer().flatMap(issuer -> config.clientId());
    }

    /** Its keys. */
    public KeySet keys() {
        return KeySet.of(
                () -> Future.fromCompletionStage(
                        metadata().map(ProviderMetadata::keys).subscribeAsCompletionStage()),
                client,
                clock,
                pause);
    }

    /** @return fails with {@link KeysUnavailableException} */
    Uni<ProviderMetadata> metadata() {
        return metadata.get(any -> true);
    }

    /** Where the dashboard sends a code to, and tokens to be renewed, as origins; as far as is known without asking. */
    public Set<String> origins() {
        var origins = new LinkedHashSet<String>();
        if (clientId().isPresent()) {
            config.issuer().map(IssuerUrl::origin).ifPresent(origins::add);
            @Nullable ProviderMetadata known = metadata.known();
            if (known != null && known.token() != null) {
                origins.add(IssuerUrl.origin(known.token()));
            }
        }
        return origins;
    }

    private Future<ProviderMetadata> fetch() {
        var issuer = config.issuer().orElseThrow();
        return client.read(IssuerUrl.discovery(issuer), TYPES)
                .map((Buffer body) -> ProviderMetadata.read(body, issuer));
    }
}
