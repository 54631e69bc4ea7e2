package org.pmsevents.dev;

import io.quarkus.arc.profile.IfBuildProfile;
import io.quarkus.vertx.http.HttpServerStart;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.ObservesAsync;
import org.eclipse.microprofile.config.Config;
import org.jboss.logging.Logger;

/** Prints the addresses of the service and its servers when dev mode has started, and a first request to paste. */
@ApplicationScoped
@IfBuildProfile("dev")
public class DevGreeting {
    private static final Logger LOG = Logger.getLogger(DevGreeting.class);

    /** The system property that records, for all class loaders, that the service has started. */
    static final String GREETED = "pms-events.dev.greeted";

    private final Config config;

    DevGreeting(Config config) {
        this.config = config;
    }

    void greet(@ObservesAsync HttpServerStart started) {
        // Once, not at every live reload.
        if (System.setProperty(GREETED, "true") != null) {
            return;
        }
        String service = "http://localhost:" + setting("quarkus.http.port");
        LOG.infof(
                """


                PMS Events is up.
                  dashboard    %1$s
                  API          %1$s/q/swagger-ui
                  health       http://localhost:%2$s/q/health
                  PMS          %1$s/dev/pms/products
                  PostgreSQL   psql %3$s
                  Redis        redis-cli -u %4$s

                To try it, paste this into another terminal. The token is an admin's; ?roles=viewer,stock makes another one.

                export TOKEN=$(curl -s %1$s/dev/token)
                curl -i %1$s/api/products -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
                  -d '{"sku":"HELLO-%5$s","name":"Hello","price":{"amount":7.50,"currency":"EUR"}}'
                """,
                service,
                setting("quarkus.management.port"),
                psql(),
                setting("quarkus.redis.hosts"),
                ProcessHandle.current().pid());
    }

    private String psql() {
        return setting("quarkus.datasource.reactive.url")
                .replaceFirst("//(?!.*@)", "//" + setting("quarkus.datasource.username") + "@");
    }

    private String setting(String name) {
        return config.getValue(name, String.class);
    }
}
