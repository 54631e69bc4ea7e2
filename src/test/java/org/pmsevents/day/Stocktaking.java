package org.pmsevents.day;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.pmsevents.day.DayService.Answer;

/**
 * A PMS whose people count shelves all day and whose webhooks leave whenever they like: shuffled, some much later than others, some
 * twice. What it counts is what is really there, which the service can't know: goods are also lost without a word.
 */
final class Stocktaking implements AutoCloseable {
    private static final String PATH = "/webhooks/pms/stock";
    private static final int LEAVES_AT = 400;
    private static final int LINES = 40;
    private static final int AT_ONCE = 4;

    private final DayService service;
    private final Map<String, Integer> real = new ConcurrentHashMap<>();
    private final Random chance = new Random(7);
    private final List<ObjectNode> waiting = new ArrayList<>();
    private final Map<String, String> sent = new LinkedHashMap<>();
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();
    private final List<String> answeredOtherwise = Collections.synchronizedList(new ArrayList<>());
    private final ExecutorService post = Executors.newFixedThreadPool(AT_ONCE);
    private final List<CompletableFuture<Void>> underWay = new ArrayList<>();
    private int lines;
    private int deliveries;

    Stocktaking(DayService service) {
        this.service = service;
    }

    /** What the shelf holds at opening time, and what everybody believes it does. */
    ObjectNode open(String sku, int believed, int really) {
        real.put(sku, really);
        return line(sku, believed);
    }

    /** Something was sold, or came back, or was lost. */
    void move(String sku, int delta) {
        real.merge(sku, delta, Integer::sum);
    }

    /** Somebody counts the shelf, while nobody takes anything from it; when the others hear of it is left to chance. */
    void count(String sku) {
        var counted = line(sku, real.getOrDefault(sku, 0));
        synchronized (this) {
            waiting.add(counted);
            if (waiting.size() >= LEAVES_AT) {
                Collections.shuffle(waiting, chance);
                var some = waiting.subList(0, LINES);
                send(some);
                some.clear();
            }
        }
    }

    private static ObjectNode line(String sku, int onHand) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("sku", sku)
                .put("onHand", onHand)
                .put(
                        "countedAt",
                        Clock.systemUTC()
                                .instant()
                                .truncatedTo(ChronoUnit.MICROS)
                                .toString());
    }

    /** Sends lines in one webhook, soon; every third one is delivered twice. */
    synchronized void send(Collection<ObjectNode> some) {
        var body = JsonNodeFactory.instance.objectNode();
        body.putArray("lines").addAll(some);
        var id = "msg_" + UUID.randomUUID();
        sent.put(id, body.toString());
        lines += some.size();
        deliver(id, body.toString());
        if (sent.size() % 3 == 0) {
            deliver(id, body.toString());
        }
    }

    private synchronized void deliver(String id, String body) {
        deliveries++;
        underWay.add(CompletableFuture.runAsync(
                () -> {
                    var answer = service.deliver(PATH, id, body);
                    var first = answers.putIfAbsent(id, answer);
                    if (answer.status() != 200
                            || (first != null && !first.body().equals(answer.body()))) {
                        answeredOtherwise.add(id + " " + answer);
                    }
                },
                post));
    }

    /** After closing time: what still lies about leaves, and everything that has left is delivered once more. */
    void close(String unknownSku) {
        synchronized (this) {
            waiting.add(line(unknownSku, 1));
            Collections.shuffle(waiting, chance);
            while (!waiting.isEmpty()) {
                var some = waiting.subList(0, Math.min(LINES, waiting.size()));
                send(some);
                some.clear();
            }
        }
        awaitAnswers();
        Map.copyOf(sent).forEach(this::deliver);
        awaitAnswers();
    }

    void awaitAnswers() {
        CompletableFuture<?>[] all;
        synchronized (this) {
            all = underWay.toArray(CompletableFuture[]::new);
        }
        CompletableFuture.allOf(all).join();
    }

    /** What is really on each shelf. */
    Map<String, Integer> real() {
        return real;
    }

    /** The answer to each webhook by its id. */
    Map<String, JsonNode> reports() {
        var reports = new LinkedHashMap<String, JsonNode>();
        answers.forEach((id, answer) -> reports.put(id, answer.body()));
        return reports;
    }

    /** The sum of a number over all webhooks. */
    int total(String outcome) {
        return answers.values().stream()
                .map(answer -> answer.body().path(outcome))
                .mapToInt(found -> found.isArray() ? found.size() : found.asInt())
                .sum();
    }

    /** Whether it has sent that number itself, so that nothing that moved since had to be added. */
    boolean said(String id, String sku, int onHand) {
        return sent.get(id).contains("{\"sku\":\"" + sku + "\",\"onHand\":" + onHand + ",");
    }

    List<String> answeredOtherwise() {
        return answeredOtherwise;
    }

    int lines() {
        return lines;
    }

    int webhooks() {
        return sent.size();
    }

    int deliveries() {
        return deliveries;
    }

    @Override
    public void close() {
        post.shutdownNow();
    }
}
