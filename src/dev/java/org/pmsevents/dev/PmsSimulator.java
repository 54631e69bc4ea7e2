package org.pmsevents.dev;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.quarkus.arc.profile.IfBuildProfile;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.pmsevents.http.problem.Problem;
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
            refuse(call, problem(503, "pms-fails", "The simulated PMS is set to " + name(mode) + "."));
        } else if (mode == Mode.SLOW) {
            call.vertx().setTimer(SLOW_MILLIS, late -> store(call));
        } else {
            store(call);
        }
    }

    /** As a real PMS should, it ignores a version that is older than the stored one. */
    private void store(RoutingContext call) {
        var product = body(call);
        if (product == null) {
            refuse(call, problem(400, "malformed-json", "The body must be a product, a JSON object."));
            return;
        }
        var kept = products.merge(
                call.pathParam("sku"),
                product,
                (has, comes) ->
                        comes.path("version").asLong() >= has.path("version").asLong() ? comes : has);
        if (kept == product) {
            answer(call, 200, kept);
        } else {
            var older = problem(409, "newer-version", "A newer version of the product is stored.");
            older.set("product", kept);
            refuse(call, older);
        }
    }

    private void list(RoutingContext call) {
        var all = JsonNodeFactory.instance.objectNode();
        all.put("mode", name(mode));
        all.put("calls", calls.get());
        all.putArray("items").addAll(products.values());
        answer(call, 200, all);
    }

    private void tellMode(RoutingContext call) {
        answer(call, 200, JsonNodeFactory.instance.objectNode().put("mode", name(mode)));
    }

    private void setMode(RoutingContext call) {
        var body = body(call);
        var wanted = body == null ? "" : body.path("mode").asText();
        var known = Arrays.stream(Mode.values())
                .filter(each -> name(each).equals(wanted.toLowerCase(Locale.ROOT)))
                .findFirst();
        if (known.isPresent()) {
            mode = known.get();
            tellMode(call);
        } else {
            refuse(call, problem(400, "unknown-mode", "The body must be {\"mode\": …}: accept, slow, fail or flaky."));
        }
    }

    private static String name(Mode mode) {
        return mode.name().toLowerCase(Locale.ROOT);
    }

    private static @Nullable ObjectNode body(RoutingContext call) {
        try {
            return JsonText.object(call.body().asString());
        } catch (IllegalStateException | IllegalArgumentException | ClassCastException e) {
            return null;
        }
    }

    /** As those of the service, without a trace id. */
    private static ObjectNode problem(int status, String code, String detail) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("type", "urn:pms-events:problem:" + code)
                .put("title", HttpResponseStatus.valueOf(status).reasonPhrase())
                .put("status", status)
                .put("detail", detail)
                .put("code", code);
    }

    private static void refuse(RoutingContext call, ObjectNode problem) {
        answer(call, problem.get("status").intValue(), Problem.MEDIA_TYPE, problem);
    }

    private static void answer(RoutingContext call, int status, ObjectNode body) {
        answer(call, status, "application/json", body);
    }

    private static void answer(RoutingContext call, int status, String type, ObjectNode body) {
        call.response()
                .setStatusCode(status)
                .putHeader("Content-Type", type)
                .end(JsonText.of(body))
                .onFailure(gone -> call.response().reset());
    }
}
