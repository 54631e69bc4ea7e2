package org.pmsevents.day;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.pmsevents.day.DayService.Answer;

/** What the service says of the day afterwards, read as any client can: the feed, the ledger and the stock, page by page. */
final class DayBooks {
    /** Small, so that the ledger of a busy SKU has several. */
    private static final int MOVEMENTS_A_PAGE = 7;

    private static final int EVENTS_A_PAGE = 500;

    private final DayService service;
    private final String prefix;
    private final Set<String> skus;
    private final long begin;
    private final List<JsonNode> feed = new ArrayList<>();
    private final Map<String, List<JsonNode>> ledger = new ConcurrentHashMap<>();
    private final Map<String, JsonNode> stock = new ConcurrentHashMap<>();
    private long position;

    /**
     * Opened at the present end of the feed.
     *
     * @param skus of the day, without their prefix
     */
    DayBooks(DayService service, String prefix, Set<String> skus) {
        this.service = service;
        this.prefix = prefix;
        this.skus = skus;
        this.begin = service.get("/api/events?after=" + Long.MAX_VALUE)
                .body()
                .required("head")
                .longValue();
        this.position = begin;
    }

    /** After which position of the feed the day begins. */
    long begin() {
        return begin;
    }

    /** Reads on to the present end of the feed. */
    void readFeed() {
        long before;
        do {
            before = position;
            var page = read("/api/events?type=product.*,inventory.*&limit=" + EVENTS_A_PAGE + "&after=" + position);
            page.required("items").forEach(feed::add);
            position = page.required("next").longValue();
        } while (position != before);
    }

    void readShelves() {
        InFlight.each(skus, DayReplay.IN_FLIGHT, sku -> sku, sku -> {
            var path = "/api/inventory/" + DayService.encoded(prefix + sku);
            stock.put(sku, read(path));
            ledger.put(sku, readMovements(path + "/movements?limit=" + MOVEMENTS_A_PAGE));
        });
    }

    /** The position of the last event that has been read. */
    long end() {
        return feed.isEmpty() ? begin : position(feed.get(feed.size() - 1));
    }

    static long position(JsonNode event) {
        return event.at("/metadata/position").longValue();
    }

    private List<JsonNode> readMovements(String path) {
        var movements = new ArrayList<JsonNode>();
        var page = read(path);
        page.required("items").forEach(movements::add);
        while (!page.required("next").isNull()) {
            page = read(
                    path + "&after=" + DayService.encoded(page.required("next").asText()));
            page.required("items").forEach(movements::add);
        }
        Collections.reverse(movements);
        return movements;
    }

    private JsonNode read(String path) {
        Answer answer = service.get(path);
        if (answer.status() != 200) {
            throw new AssertionError(path + " answered " + answer.status() + " " + answer.body());
        }
        return answer.body();
    }

    /** All events of products and stock since the beginning, also those that others have caused. */
    List<JsonNode> feed() {
        return feed;
    }

    /** The {@code inventory.updated} events about SKUs of this day. */
    List<JsonNode> updates() {
        return feed.stream()
                .filter(event -> event.required("type").asText().equals("inventory.updated"))
                .filter(event -> sku(event) != null)
                .toList();
    }

    /** The events about SKUs of this day, in the words and the order of {@link Shelf#story()}. */
    Map<String, List<String>> stories() {
        Map<String, List<String>> stories = new LinkedHashMap<>();
        for (var event : feed) {
            var sku = sku(event);
            if (sku != null) {
                stories.computeIfAbsent(sku, key -> new ArrayList<>()).add(told(event));
            }
        }
        return stories;
    }

    /** The SKU of this day, without its prefix, that an event is about, or null. */
    private String sku(JsonNode event) {
        var subject = event.at("/metadata/subject").asText();
        var sku = subject.startsWith(prefix) ? subject.substring(prefix.length()) : "";
        return skus.contains(sku) ? sku : null;
    }

    int events() {
        return stories().values().stream().mapToInt(List::size).sum();
    }

    int alerts() {
        return (int) stories().values().stream()
                .flatMap(List::stream)
                .filter(told -> told.startsWith(Shelf.ALERT))
                .count();
    }

    private static String told(JsonNode event) {
        var payload = event.required("payload");
        var type = event.required("type").asText();
        return switch (type) {
            case "inventory.updated" -> Movement.of(payload).told();
            case "inventory.alert" ->
                Shelf.alert(
                        payload.required("onHand").intValue(),
                        payload.required("threshold").intValue());
            default -> type;
        };
    }

    /** By SKU, the oldest movement first. */
    Map<String, List<JsonNode>> ledger() {
        return ledger;
    }

    int movements() {
        return ledger.values().stream().mapToInt(List::size).sum();
    }

    /** By SKU. */
    Map<String, JsonNode> stock() {
        return stock;
    }
}
