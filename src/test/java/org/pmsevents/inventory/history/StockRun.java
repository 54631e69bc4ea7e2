package org.pmsevents.inventory.history;

import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.pmsevents.inventory.history.StockProgram.Ask;
import org.pmsevents.inventory.history.StockProgram.Repeat;
import org.pmsevents.inventory.history.StockProgram.Task;

/** Plays a program against replicas, every client in a thread of its own, and keeps what was said. */
final class StockRun {
    private final String name;
    private final StockProgram program;
    private final List<Place> places;
    private final Place unknown;
    private final List<URI> replicas;
    private final StockClient http;
    private final List<List<Slot>> clients = new ArrayList<>();
    private final List<Slot> repeatable = new ArrayList<>();

    /** A request that becomes fixed when it is first sent, whoever does that. */
    private final class Slot {
        private final String name;
        private final Ask ask;
        private @Nullable Conversation conversation;

        Slot(String name, Ask ask) {
            this.name = name;
            this.ask = ask;
        }

        synchronized Conversation open(Map<Place, Long> seen) {
            if (conversation == null) {
                var changes = ask.lines().stream()
                        .map(line -> line.change(ask.kind(), places, unknown, seen))
                        .toList();
                var key = ask.keyed() ? "key of " + name : null;
                conversation = new Conversation(new Request(name, ask.kind(), changes, key));
            }
            return conversation;
        }

        synchronized @Nullable Conversation conversation() {
            return conversation;
        }
    }

    /** @param name unique; begins the names of all requests */
    StockRun(String name, StockProgram program, List<Place> places, List<URI> replicas, StockClient http) {
        this.name = name;
        this.program = program;
        this.places = List.copyOf(places);
        unknown = Place.main(name + "-unknown");
        this.replicas = List.copyOf(replicas);
        this.http = http;
        for (var tasks : program.clients()) {
            clients.add(slots(tasks));
        }
    }

    private List<Slot> slots(List<Task> tasks) {
        var slots = new ArrayList<Slot>();
        for (var task : tasks) {
            if (task instanceof Ask ask) {
                var slot = new Slot(name + "." + clients.size() + "." + slots.size(), ask);
                slots.add(slot);
                if (ask.keyed()) {
                    repeatable.add(slot);
                }
            }
        }
        return slots;
    }

    List<Conversation> play(ExecutorService threads) throws Exception {
        var start = new CountDownLatch(1);
        var playing = new ArrayList<CompletableFuture<Void>>();
        for (int i = 0; i < clients.size(); i++) {
            int client = i;
            playing.add(CompletableFuture.runAsync(() -> play(client, start), threads));
        }
        start.countDown();
        for (var each : playing) {
            each.get(60, TimeUnit.SECONDS);
        }
        return clients.stream().flatMap(List::stream).map(Slot::conversation).toList();
    }

    private void play(int client, CountDownLatch start) {
        try {
            start.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        var seen = new HashMap<Place, Long>();
        var own = clients.get(client).iterator();
        for (var task : program.clients().get(client)) {
            if (task instanceof Repeat repeat) {
                if (!repeatable.isEmpty()) {
                    say(repeatable.get(repeat.which() % repeatable.size()), repeat, seen);
                }
            } else {
                say(own.next(), task, seen);
            }
        }
    }

    private void say(Slot slot, Task task, Map<Place, Long> seen) {
        var conversation = slot.open(seen);
        var replica = replicas.get(task.replica() % replicas.size());
        var reply = http.sendUntilAnswered(List.of(replica), conversation);
        var answers = reply.answers(conversation.request());
        for (int i = 0; i < answers.size(); i++) {
            var onHand = answers.get(i).onHand();
            if (onHand != null) {
                seen.put(conversation.request().changes().get(i).place(), onHand);
            }
        }
    }
}
