package org.pmsevents.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.pmsevents.Client;
import org.pmsevents.day.DayLine;
import org.pmsevents.faults.Caller.Answer;
import org.pmsevents.faults.Caller.Call;
import org.pmsevents.faults.Promises.Kind;
import org.pmsevents.platform.tracing.TraceId;

/** What the clients do, each piece of work until it is answered; keeps what was acknowledged. */
final class Shop {
    /** Each is read from every replica after each fault, so not all 1,338 of the day. */
    private static final int SHELVES = 12;

    private static final int MOST_PRODUCTS = 40;
    private static final int LINES = 3;
    private static final String EDITOR = "editor";

    private final Caller caller;
    private final Promises promises = new Promises();
    private final List<DayLine> day;
    private final List<String> shelves;
    private final List<String> edited = new CopyOnWriteArrayList<>();
    private final List<Long> versions = new ArrayList<>();

    Shop(Caller caller) throws IOException {
        this.caller = caller;
        this.day = DayLine.ofTheMostMoved(SHELVES);
        this.shelves = day.stream().map(DayLine::sku).distinct().sorted().toList();
    }

    /** The products whose stock moves. */
    List<String> shelves() {
        return shelves;
    }

    String anyShelf(Random chance) {
        return shelves.get(chance.nextInt(shelves.size()));
    }

    /** All products so far. */
    List<String> products() {
        var all = new ArrayList<>(shelves);
        all.addAll(edited);
        return all;
    }

    Promises promises() {
        return promises;
    }

    void open(Random chance) throws InterruptedException {
        for (var sku : shelves) {
            create(sku, chance);
            move(sku, 100, chance);
        }
    }

    private void create(String sku, Random chance) throws InterruptedException {
        var answer = caller.ask(
                call(
                        "POST",
                        "/api/products",
                        Client.product(sku),
                        EDITOR,
                        UUID.randomUUID().toString()),
                chance);
        expect(answer, 201);
        promises.made(Kind.PRODUCT, sku, answer);
    }

    private static Call call(String method, String path, String body, String role, String key) {
        return new Call(method, path, body, role, key, null, TraceId.random());
    }

    /**
     * Sells, and takes back, what was sold on the trading day: line by line in the order of the day, which begins anew when it has ended.
     * Several sellers share the shelves, so that each shelf's lines keep their order.
     */
    Load.Work seller(int number, int of, Random chance) {
        var own = day.stream()
                .filter(line -> shelves.indexOf(line.sku()) % of == number)
                .toList();
        var next = new AtomicInteger();
        return () -> {
            var line = own.get(next.getAndIncrement() % own.size());
            move(line.sku(), line.delta(), chance);
        };
    }

    Answer move(String sku, int delta, Random chance) throws InterruptedException {
        var call = adjustment(sku, delta);
        var answer = caller.ask(call, chance);
        return moved(call, answer);
    }

    /** An adjustment under a key of its own, which is its reference, too. */
    Call adjustment(String sku, int delta) {
        var key = UUID.randomUUID().toString();
        return call(
                "POST",
                Client.stockPath(sku) + "/adjustments",
                "{\"delta\":%d,\"reason\":\"%s\",\"reference\":\"%s\"}"
                        .formatted(delta, delta > 0 ? "receipt" : "sale", key),
                "stock",
                key);
    }

    /** Keeps what the answer to an adjustment says. */
    Answer moved(Call call, Answer answer) {
        if (answer.status() == 409 && answer.said("insufficient-stock")) {
            promises.refused(String.valueOf(call.key()), answer);
            return answer;
        }
        expect(answer, 200);
        promises.made(Kind.MOVEMENT, String.valueOf(call.key()), answer);
        return answer;
    }

    /** An adjustment by way of this replica and no other; whether it was answered at once. */
    boolean works(URI replica, Random chance) throws InterruptedException {
        var call = adjustment(anyShelf(chance), 1);
        var answer = caller.askOnce(replica, call, 1);
        if (answer != null) {
            moved(call, answer);
            return true;
        }
        // it may have been made all the same: its client wants to know
        moved(call, caller.ask(call, chance));
        return false;
    }

    /** Creates a product, or changes one, by the version that was answered last. One thread only. */
    void edit(Random chance) throws InterruptedException {
        if (edited.size() < MOST_PRODUCTS && chance.nextInt(10) == 0) {
            var sku = "PRODUCT-" + edited.size();
            create(sku, chance);
            edited.add(sku);
            versions.add(1L);
        } else if (!edited.isEmpty()) {
            change(chance.nextInt(edited.size()), chance);
        }
    }

    /**
     * A change of a version that is not there any more is answered 412: because an earlier attempt has made it, or because the database has
     * gone back.
     */
    private void change(int index, Random chance) throws InterruptedException {
        var trace = TraceId.random();
        var answer = caller.ask(
                new Call(
                        "PATCH",
                        Client.path(edited.get(index)),
                        "{\"description\":\"" + trace + "\"}",
                        EDITOR,
                        null,
                        versions.get(index),
                        trace),
                chance);
        if (answer.status() == 412) {
            promises.leftOpen(Kind.PRODUCT_CHANGE, trace);
            versions.set(index, answer.number("version"));
        } else if (answer.status() == 404) {
            // the database has gone back to before this product, and says so at the next check
            createAgain(index, chance);
        } else {
            expect(answer, 200);
            promises.made(Kind.PRODUCT_CHANGE, trace, answer);
            versions.set(index, answer.number("version"));
        }
    }

    private void createAgain(int index, Random chance) throws InterruptedException {
        var sku = edited.get(index);
        var answer = caller.ask(
                call(
                        "POST",
                        "/api/products",
                        Client.product(sku),
                        EDITOR,
                        UUID.randomUUID().toString()),
                chance);
        expect(answer, 201);
        promises.of(Kind.PRODUCT).put(sku, new Promises.Promise(answer.asked(), answer.answered()));
        versions.set(index, 1L);
    }

    /** Counts some shelves, by a webhook as the PMS sends it. */
    void count(Random chance) throws InterruptedException {
        var id = "msg_" + UUID.randomUUID();
        var lines = new ArrayList<String>();
        int first = chance.nextInt(shelves.size());
        for (int i = first; i < first + LINES; i++) {
            lines.add(
                    "{\"sku\":\"" + shelves.get(i % shelves.size()) + "\",\"onHand\":" + chance.nextInt(50, 150) + "}");
        }
        var answer = caller.ask(
                new Call(
                        "POST",
                        "/webhooks/pms/stock",
                        "{\"lines\":[" + String.join(",", lines) + "]}",
                        null,
                        id,
                        null,
                        TraceId.random()),
                chance);
        expect(answer, 200);
        promises.made(Kind.COUNT, id, answer);
    }

    /** Asks for a job of some tenths of a second. */
    void work(Random chance) throws InterruptedException {
        var call = call(
                "POST",
                "/api/jobs",
                "{\"kind\":\"queue.probe\",\"payload\":{\"steps\":%d,\"stepMillis\":100},\"maxAttempts\":50}"
                        .formatted(chance.nextInt(1, 15)),
                "operator",
                UUID.randomUUID().toString());
        var answer = caller.ask(call, chance);
        expect(answer, 202);
        promises.made(Kind.JOB, call.traceId(), answer);
    }

    /** Reads as pages of a shop do, so that the caches hold what may become stale. */
    void read(Random chance) throws InterruptedException {
        var all = products();
        var sku = all.get(chance.nextInt(all.size()));
        var path = chance.nextBoolean() ? Client.path(sku) : Client.stockPath(sku);
        var answer = caller.ask(new Call("GET", path, null, "viewer", null, null, TraceId.random()), chance);
        assertThat(answer.status()).as(path + ": " + answer.body()).isIn(200, 404);
    }

    private static void expect(Answer answer, int status) {
        assertThat(answer.status()).as("%s", answer).isEqualTo(status);
    }
}
