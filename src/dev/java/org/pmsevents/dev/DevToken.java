package org.pmsevents.dev;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.quarkus.arc.profile.IfBuildProfile;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import org.pmsevents.platform.json.JsonText;

/**
 * Gives the dashboard of dev mode its token. That there is one is told with the page, so that in production the page has nothing to ask
 * for.
 */
@ApplicationScoped
@IfBuildProfile("dev")
public class DevToken {
    private static final String PATH = "/dev/token";

    private final DevGreeting greeting;

    DevToken(DevGreeting greeting) {
        this.greeting = greeting;
    }

    void open(@Observes Router router) {
        router.get("/").order(-1).handler(this::tellOfIt);
        router.get(PATH).handler(this::give);
    }

    /** Server timing is what a page can read of the answer that it came with. */
    private void tellOfIt(RoutingContext page) {
        page.response().putHeader("Server-Timing", "dev-token;desc=\"" + PATH + "\"");
        page.next();
    }

    private void give(RoutingContext call) {
        call.response()
                .putHeader("Content-Type", "application/json")
                .putHeader("Cache-Control", "no-store")
                .end(JsonText.of(JsonNodeFactory.instance.objectNode().put("token", greeting.token())))
                .onFailure(gone -> call.response().reset());
    }
}
