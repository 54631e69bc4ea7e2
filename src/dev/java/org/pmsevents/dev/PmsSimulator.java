package org.pmsevents.dev;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.arc.profile.IfBuildProfile;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.pmsevents.platform.json.JsonText;

/** A PMS for dev mode: accepts products and lists them. Its mode makes it slow, or fail always or in two of three calls. */
@ApplicationScoped
@IfBuildProfile("dev")
public class PmsSimulator {
    private static final String PATH = "/dev/pms";
    private static final long SLOW_MILLIS = 3_000;
    private static final int FLAKY_WORKS_EVERY = 3;

    private enum Mode {
        ACCEPT,
        SLOW,
        FAIL,
        FLAKY
    }

    private final Map<String, ObjectNode> products = new ConcurrentSkipListMap<>();
    private final AtomicInteger calls = new AtomicInteger();
    private volatile Mode mode = Mode.ACCEPT;

    void open(@Observes Router router) {
        router.route(PATH + "/*").handler(BodyHandler.create(false));
        router.put(PATH + "/products/:sku").handler(this::receive);
        router.get(PATH + "/products").handler(this::list);
        router.get(PATH + "/mode").handler(this::tellMode);
        router.route(HttpMethod.POST, PATH + "/mode").handler(this::setMode);
    }

    private void receive(RoutingContext call) {
        int number = calls.incrementAndGet();
        if (mode == Mode.FAIL || (mode == Mode.FLAKY && number % FLAKY_WORKS_EVERY != 0)) {
            answer(call, 503, JsonNodeFactory.instance.objectNode().put("error", "the simulator is set to fail"));
        } else if (mode == Mode.SLOW) {
            call.vertx().setTimer(SLOW_MILLIS, late -> store(call));
        } else {
            store(call);
        }
    }

    /** As a real PMS should, it ignores a version that is older than the stored one. */
    private void store(RoutingContext call) {
        var product = JsonText.object(call.body().asString());
        var kept = products.merge(
                call.pathParam("sku"),
                product,
                (has, comes) ->
                        comes.path("version").asLong() >= has.path("version").asLong() ? comes : has);
        answer(call, kept == product ? 200 : 409, kept);
    }

    private void list(RoutingContext call) {
        var all = JsonNodeFactory.instance.objectNode();
        all.put("mode", mode.name().toLowerCase(Locale.ROOT));
        all.put("calls", calls.get());
        all.putArray("items").addAll(products.values());
        answer(call, 200, all);
    }

    private void tellMode(RoutingContext call) {
        answer(
                call,
                200,
                JsonNodeFactory.instance.objectNode().put("mode", mode.name().toLowerCase(Locale.ROOT)));
    }

    private void setMode(RoutingContext call) {
        try {
            var wanted = JsonText.object(call.body().asString()).path("mode").asText();
            mode = Mode.valueOf(wanted.toUpperCase(Locale.ROOT));
            tellMode(call);
        } catch (IllegalStateException | IllegalArgumentException | ClassCastException | NullPointerException e) {
            answer(
                    call,
                    400,
                    JsonNodeFactory.instance.objectNode().put("error", "mode is accept, slow, fail or flaky"));
        }
    }

    private static void answer(RoutingContext call, int status, ObjectNode body) {
        call.response()
                .setStatusCode(status)
                .putHeader("Content-Type", "application/json")
                .end(JsonText.of(body))
                .onFailure(gone -> call.response().reset());
    }
}
