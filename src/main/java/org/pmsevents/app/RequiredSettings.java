package org.pmsevents.app;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.Config;
import org.pmsevents.alert.AdminConfig;
import org.pmsevents.alert.AlertWebhook;
import org.pmsevents.cache.CacheConfig;
import org.pmsevents.delivery.DeliveryConfig;
import org.pmsevents.delivery.webhook.Network;
import org.pmsevents.event.FeedConfig;
import org.pmsevents.http.issuer.IssuerUrl;
import org.pmsevents.http.issuer.OidcConfig;
import org.pmsevents.http.limits.LimitsConfig;
import org.pmsevents.http.security.JwtConfig;
import org.pmsevents.http.security.SecurityConfig;
import org.pmsevents.http.signature.WebhookSecrets;
import org.pmsevents.inventory.InventoryConfig;
import org.pmsevents.metrics.MetricsConfig;
import org.pmsevents.platform.config.RedisConfig;
import org.pmsevents.platform.config.ServerUrl;
import org.pmsevents.platform.config.Setting;
import org.pmsevents.platform.tracing.TracingConfig;
import org.pmsevents.pms.outbound.PmsConfig;
import org.pmsevents.pms.outbound.PmsUrl;
import org.pmsevents.pms.webhook.WebhookConfig;
import org.pmsevents.queue.QueueConfig;
import org.pmsevents.subscription.SubscriptionConfig;

/** Checks the settings before anything starts, and names all missing or invalid ones at once, by their environment variables. */
public final class RequiredSettings {
    /** All settings of the service; each has {@code @RegisterForReflection}, so that a native executable can read them here. */
    public static final List<Class<?>> MAPPINGS = List.of(
            FeedConfig.class,
            DeliveryConfig.class,
            CacheConfig.class,
            InventoryConfig.class,
            PmsConfig.class,
            WebhookConfig.class,
            QueueConfig.class,
            AdminConfig.class,
            LimitsConfig.class,
            SecurityConfig.class,
            JwtConfig.class,
            OidcConfig.class,
            MetricsConfig.class,
            TracingConfig.class,
            RedisConfig.class,
            SubscriptionConfig.class);

    /** RFC 7518, section 3.2: a key for HS256 has at least the size of the hash. */
    private static final int MIN_SECRET_BYTES = 32;

    private static final Map<String, String> DATABASE = new LinkedHashMap<>();
    private static final String DATABASE_URL = "quarkus.datasource.reactive.url";
    private static final String REDIS = "quarkus.redis.hosts";
    private static final String SECRET = "pms-events.jwt.secret";
    private static final String JWKS_URL = "pms-events.jwt.jwks-url";
    private static final String ISSUER = "pms-events.oidc.issuer";

    static {
        DATABASE.put(
                DATABASE_URL,
                "QUARKUS_DATASOURCE_REACTIVE_URL: where PostgreSQL is, as postgresql://host:5432/database");
        DATABASE.put("quarkus.datasource.username", "QUARKUS_DATASOURCE_USERNAME: the user to log in to PostgreSQL as");
        DATABASE.put("quarkus.datasource.password", "QUARKUS_DATASOURCE_PASSWORD: that user's password");
    }

    private RequiredSettings() {}

    /** One line for each problem, beginning with the variable; empty if all settings are valid. */
    public static List<String> problems(Config config) {
        List<String> problems = ofTheDatabase(config);
        if (value(config, REDIS).filter(ServerUrl::isRedis).isEmpty()) {
            boolean underscore =
                    value(config, REDIS).filter(ServerUrl::hasUnderscore).isPresent();
            problems.add("QUARKUS_REDIS_HOSTS: where Redis is, as redis://host:6379"
                    + (underscore
                            ? "; the name of a host must not have an underscore, so give it an alias with a hyphen"
                            : ""));
        }
        ofTokens(config, problems);
        value(config, "pms-events.pms.url").flatMap(PmsUrl::problem).ifPresent(problems::add);
        try {
            value(config, "pms-events.webhook.secrets").ifPresent(WebhookSecrets::parse);
        } catch (IllegalArgumentException bad) {
            problems.add("PMS_EVENTS_WEBHOOK_SECRETS: " + bad.getMessage());
        }
        try {
            value(config, "pms-events.subscriptions.allow").ifPresent(Network::parse);
        } catch (IllegalArgumentException bad) {
            problems.add("PMS_EVENTS_SUBSCRIPTIONS_ALLOW: " + bad.getMessage());
        }
        if (config.getOptionalValue("quarkus.http.proxy.proxy-address-forwarding", Boolean.class)
                        .orElse(false)
                && value(config, "quarkus.http.proxy.trusted-proxies").isEmpty()) {
            problems.add("QUARKUS_HTTP_PROXY_TRUSTED_PROXIES: the addresses of the proxies whose X-Forwarded-For is"
                    + " believed; without it anybody could pretend to be anybody");
        }
        problems.addAll(AlertWebhook.problems(
                value(config, "pms-events.admin.webhook-url"), value(config, "pms-events.admin.webhook-secret")));
        MAPPINGS.stream()
                .flatMap(mapping -> Setting.of(mapping).stream())
                .flatMap(setting -> setting.problem(config).stream())
                .forEach(problems::add);
        return problems;
    }

    /** With none of the ways to verify a token only API keys are accepted. */
    private static void ofTokens(Config config, List<String> problems) {
        Optional<String> secret = value(config, SECRET);
        Optional<String> issuer = value(config, ISSUER);
        var set = Stream.of(SECRET, JWKS_URL, ISSUER)
                .filter(property -> value(config, property).isPresent())
                .map(Setting::variable)
                .toList();
        if (set.size() > 1) {
            problems.add(String.join(" and ", set) + " are set together: only one of them can be used, as a token must"
                    + " have one way to be verified");
        } else if (secret.isPresent() && secret.get().getBytes(StandardCharsets.UTF_8).length < MIN_SECRET_BYTES) {
            problems.add("PMS_EVENTS_JWT_SECRET is too short: HS256 needs at least " + MIN_SECRET_BYTES + " bytes");
        }
        issuer.flatMap(IssuerUrl::problem).ifPresent(problems::add);
        if (issuer.isPresent()
                && value(config, "pms-events.jwt.issuer")
                        .filter(other -> !issuer.get().equals(other))
                        .isPresent()) {
            problems.add(
                    "PMS_EVENTS_JWT_ISSUER: not beside PMS_EVENTS_OIDC_ISSUER, which is what iss of tokens must be");
        }
        if (issuer.isEmpty() && value(config, "pms-events.oidc.client-id").isPresent()) {
            problems.add("PMS_EVENTS_OIDC_ISSUER: the identity provider that PMS_EVENTS_OIDC_CLIENT_ID is a client of");
        }
    }

    /** The problems of the settings that a migration needs; as {@link #problems}. */
    static List<String> ofTheDatabase(Config config) {
        List<String> problems = new ArrayList<>();
        DATABASE.forEach((property, problem) -> {
            if (value(config, property).isEmpty()) {
                problems.add(problem);
            }
        });
        value(config, DATABASE_URL)
                .filter(url -> !ServerUrl.isPostgres(url))
                .ifPresent(bad -> problems.add(Objects.requireNonNull(DATABASE.get(DATABASE_URL))));
        value(config, "pms-events.migration-url")
                .filter(url -> !ServerUrl.isJdbc(url))
                .ifPresent(bad -> problems.add("PMS_EVENTS_MIGRATION_URL: where PostgreSQL itself is, as"
                        + " postgresql://host:5432/database; what is special in a user or password percent-encoded"));
        return problems;
    }

    private static Optional<String> value(Config config, String property) {
        return config.getOptionalValue(property, String.class).filter(value -> !value.isBlank());
    }
}
