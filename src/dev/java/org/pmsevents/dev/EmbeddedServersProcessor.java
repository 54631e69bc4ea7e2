package org.pmsevents.dev;

import io.quarkus.deployment.IsDevServicesSupportedByLaunchMode;
import io.quarkus.deployment.annotations.BuildStep;
import io.quarkus.deployment.builditem.CuratedApplicationShutdownBuildItem;
import io.quarkus.deployment.builditem.DevServicesResultBuildItem;
import io.quarkus.deployment.builditem.LaunchModeBuildItem;
import io.quarkus.deployment.builditem.Startable;
import io.quarkus.deployment.dev.devservices.DevServicesConfig;
import io.quarkus.deployment.pkg.builditem.OutputTargetBuildItem;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.configuration.ConfigUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Starts an embedded PostgreSQL and Redis for dev mode and the tests, so that a contributor needs only a JDK.
 *
 * <p>Quarkus finds this class through {@code META-INF/quarkus-build-steps.list}, keeps the servers over live reloads
 * and closes them at the end. A server is not started if its address is configured
 * ({@code QUARKUS_DATASOURCE_REACTIVE_URL}, {@code QUARKUS_REDIS_HOSTS}). Neither this package nor the servers are part
 * of the packaged service.
 */
public final class EmbeddedServersProcessor {
    private static final String DATABASE_URL = "quarkus.datasource.reactive.url";
    private static final String DATABASE_USERNAME = "quarkus.datasource.username";
    private static final String DATABASE_PASSWORD = "quarkus.datasource.password";
    private static final String REDIS_HOSTS = "quarkus.redis.hosts";
    private static final String POSTGRESQL = "postgresql";
    private static final String REDIS = "redis";

    /** The servers, each with the setting that replaces the embedded one. */
    static final Map<String, String> ADDRESSES = Map.of(POSTGRESQL, DATABASE_URL, REDIS, REDIS_HOSTS);

    @BuildStep(onlyIf = {IsDevServicesSupportedByLaunchMode.class, DevServicesConfig.Enabled.class})
    @Nullable
    DevServicesResultBuildItem postgres(
            LaunchModeBuildItem launchMode,
            OutputTargetBuildItem target,
            CuratedApplicationShutdownBuildItem afterService) {
        if (ConfigUtils.isPropertyNonEmpty(DATABASE_URL)) {
            return null;
        }
        return DevServicesResultBuildItem.<EmbeddedPostgresServer>owned()
                .feature("embedded-postgresql")
                .serviceName("embedded-postgresql")
                .serviceConfig("embedded-postgresql")
                .startable(() -> closed(
                        afterService, launchMode, new EmbeddedPostgresServer(folder(POSTGRESQL, launchMode, target))))
                .configProvider(databaseSettings())
                .build();
    }

    private static Map<String, Function<EmbeddedPostgresServer, String>> databaseSettings() {
        Map<String, Function<EmbeddedPostgresServer, String>> settings = new HashMap<>(Map.of(
                DATABASE_URL, EmbeddedPostgresServer::getConnectionInfo,
                DATABASE_USERNAME, server -> EmbeddedPostgresServer.USERNAME,
                DATABASE_PASSWORD, server -> EmbeddedPostgresServer.PASSWORD));
        if (PgBouncer.isWanted()) {
            settings.put("pms-events.migration-url", EmbeddedPostgresServer::address);
            PgBouncer.SETTINGS.forEach((setting, value) -> settings.put(setting, server -> value));
        }
        return settings;
    }

    @BuildStep(onlyIf = {IsDevServicesSupportedByLaunchMode.class, DevServicesConfig.Enabled.class})
    @Nullable
    DevServicesResultBuildItem redis(
            LaunchModeBuildItem launchMode,
            OutputTargetBuildItem target,
            CuratedApplicationShutdownBuildItem afterService) {
        if (ConfigUtils.isPropertyNonEmpty(REDIS_HOSTS)) {
            return null;
        }
        if (EmbeddedRedisCluster.isWanted()) {
            return DevServicesResultBuildItem.<EmbeddedRedisCluster>owned()
                    .feature("embedded-redis")
                    .serviceName("embedded-redis")
                    .serviceConfig("embedded-redis-cluster")
                    .startable(() -> new EmbeddedRedisCluster(EmbeddedRedisCluster.folders()))
                    .configProvider(Map.of(
                            REDIS_HOSTS,
                            EmbeddedRedisCluster::getConnectionInfo,
                            "quarkus.redis.client-type",
                            cluster -> "cluster"))
                    .build();
        }
        return DevServicesResultBuildItem.<EmbeddedRedisServer>owned()
                .feature("embedded-redis")
                .serviceName("embedded-redis")
                .serviceConfig("embedded-redis")
                .startable(() -> closed(
                        afterService, launchMode, new EmbeddedRedisServer(folder(REDIS, launchMode, target))))
                .configProvider(Map.of(REDIS_HOSTS, EmbeddedRedisServer::getConnectionInfo))
                .build();
    }

    /** In dev mode, closes a server after the service has stopped; otherwise the service would warn of lost connections. */
    private static <S extends Startable> S closed(
            CuratedApplicationShutdownBuildItem afterService, LaunchModeBuildItem launchMode, S server) {
        if (launchMode.getLaunchMode() == LaunchMode.DEVELOPMENT) {
            afterService.addCloseTask(
                    () -> {
                        try {
                            server.close();
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    },
                    true);
        }
        return server;
    }

    /** Dev mode keeps its data in the project's {@code .pms-events} folder; every test run starts with an empty folder. */
    private static ServerFolder folder(String server, LaunchModeBuildItem launchMode, OutputTargetBuildItem target) {
        if (launchMode.getLaunchMode() == LaunchMode.DEVELOPMENT) {
            return ServerFolder.kept(dataFolder(server, target));
        }
        return ServerFolder.temporary(server);
    }

    static Path dataFolder(String server, OutputTargetBuildItem target) {
        return target.getOutputDirectory().resolveSibling(".pms-events").resolve(server);
    }
}
