package org.pmsevents.day;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collection;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.pmsevents.day.DayService.Answer;

/** Puts a trading day through a service as its shops and tills would, many requests at once but each SKU's lines in their order. */
final class DayReplay {
    static final int IN_FLIGHT = 32;

    /** Makes keys that no other run has used. */
    private final String run = UUID.randomUUID().toString();

    private final DayService service;
    private final String prefix;
    private final Map<InvoiceLine, Answer> answers = new ConcurrentHashMap<>();
    private final Map<InvoiceLine, Answer> repeated = new ConcurrentHashMap<>();

    /** @param prefix put before every SKU */
    DayReplay(DayService service, String prefix) {
        this.service = service;
        this.prefix = prefix;
    }

    /** Creates every product, counts its shelf, and sets the threshold. */
    void open(Collection<Goods> goods) {
        InFlight.each(goods, IN_FLIGHT, Goods::sku, this::open);
    }

    /** Creates every product, and counts nothing. */
    void create(Collection<Goods> goods) {
        InFlight.each(goods, IN_FLIGHT, Goods::sku, this::create);
    }

    private void create(Goods goods) {
        var product = object().put("sku", prefix + goods.sku()).put("name", goods.name());
        product.putObject("price").put("amount", goods.price()).put("currency", "GBP");
        expect(201, "/api/products", service.post("/api/products", run + "/" + goods.sku(), product));
    }

    private void open(Goods goods) {
        create(goods);
        var inventory = inventory(goods.sku());
        var count = object().put("onHand", Shelf.OPENING)
                .put("reason", Shelf.OPENING_REASON)
                .put("reference", Shelf.OPENING_REFERENCE);
        expect(200, inventory, service.put(inventory, count));
        var threshold = object().put("threshold", Shelf.THRESHOLD);
        expect(200, inventory + "/threshold", service.put(inventory + "/threshold", threshold));
    }

    /** Sends every line. */
    void trade(Collection<InvoiceLine> lines) {
        InFlight.each(lines, IN_FLIGHT, InvoiceLine::sku, this::trade);
    }

    /** Sends one; whether it was accepted. */
    boolean trade(InvoiceLine line) {
        var answer = send(line);
        answers.put(line, answer);
        return answer.status() == 200;
    }

    /** Sends lines again, each with the key that it had. */
    void repeat(Collection<InvoiceLine> lines) {
        InFlight.each(lines, IN_FLIGHT, InvoiceLine::number, line -> repeated.put(line, send(line)));
    }

    private Answer send(InvoiceLine line) {
        var adjustment =
                object().put("delta", line.delta()).put("reason", line.reason()).put("reference", line.reference());
        var path = inventory(line.sku()) + "/adjustments";
        var answer = service.post(path, run + "/" + line.number(), adjustment);
        if (answer.status() != 200 && answer.status() != 409) {
            throw unexpected(path, answer);
        }
        return answer;
    }

    /** How the service has answered each line. */
    Map<InvoiceLine, Answer> answers() {
        return answers;
    }

    /** How it has answered those that were sent again. */
    Map<InvoiceLine, Answer> repeated() {
        return repeated;
    }

    static Outcome outcome(Answer answer) {
        JsonNode body = answer.body();
        return new Outcome(
                answer.status(), body.path("code").asText(), body.path("onHand").asInt(Integer.MIN_VALUE));
    }

    private String inventory(String sku) {
        return "/api/inventory/" + DayService.encoded(prefix + sku);
    }

    private static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    private static void expect(int status, String path, Answer answer) {
        if (answer.status() != status) {
            throw unexpected(path, answer);
        }
    }

    private static AssertionError unexpected(String path, Answer answer) {
        var hint = answer.body().path("code").asText().equals("product-exists")
                ? " (this service has had the day: give its SKUs another prefix, -Dday.prefix=…)"
                : "";
        return new AssertionError(path + " answered " + answer.status() + " " + answer.body() + hint);
    }
}
