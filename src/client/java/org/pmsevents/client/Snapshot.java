package org.pmsevents.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Flow;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * A copy of all products, or of all stock, without a gap: reads the state page by page, follows the feed from what the pages have seen, and
 * applies each event whose version is newer. Begins anew by itself at a reset, such as a new epoch. The copy can be read at any time, and is
 * empty until the first state has been read.
 */
public final class Snapshot implements AutoCloseable {
    private final PmsEventsClient client;
    private final Kind kind;
    private final Listener listener;
    private final ScheduledExecutorService thread = thread();
    private final Pauses pauses = new Pauses(Duration.ofMillis(100), Duration.ofSeconds(5));
    private volatile Map<String, JsonNode> copy = Map.of();
    private volatile FeedPosition position;
    private int round;
    private int refused;
    private Follower follower;
    private boolean closed;

    /** Told of the copy, on its thread. */
    public interface Listener {
        /** The state has been read, for the first time or anew after a reset: all may have changed. */
        default void read(Map<String, JsonNode> copy) {}

        /** One item has changed, or is new. */
        default void changed(String key, JsonNode item) {}

        /** The copy is not kept any more, because another attempt would fail as well: see {@link FeedStoppedException#code}. */
        default void stopped(String code, String detail) {}
    }

    /** What is copied: where it is listed, which events change it, and how. */
    private interface Kind {
        String list();

        String[] topics();

        String key(JsonNode item);

        /** @return the item after the event; null if it is no news */
        JsonNode apply(Map<String, JsonNode> copy, FeedMessage.Event event);
    }

    private Snapshot(PmsEventsClient client, Kind kind, Listener listener) {
        this.client = client;
        this.kind = kind;
        this.listener = listener;
    }

    /** Keeps a copy of all products, by SKU, each as {@code GET /api/products/{sku}} answers it. */
    public static Snapshot products(PmsEventsClient client, Listener listener) {
        return new Snapshot(client, new Products(), listener).start();
    }

    /**
     * Keeps a copy of all stock, by {@link #stockKey}, each as {@code GET /api/inventory/{sku}} answers it. Thresholds are those of when the
     * state was read, because a change of them is no event.
     */
    public static Snapshot stock(PmsEventsClient client, Listener listener) {
        return new Snapshot(client, new Stock(), listener).start();
    }

    /** The key of a stock: SKU and location, neither of which has a slash. */
    public static String stockKey(String sku, String location) {
        return sku + "/" + location;
    }

    /** The copy, which goes on changing; not to be modified. */
    public Map<String, JsonNode> copy() {
        return copy;
    }

    /** The copy has everything up to here; null until the state has been read. */
    public FeedPosition position() {
        return position;
    }

    @Override
    public void close() {
        thread.execute(this::end);
    }

    private Snapshot start() {
        thread.execute(this::begin);
        return this;
    }

    private void end() {
        closed = true;
        leaveFeed();
        thread.shutdown();
    }

    private void leaveFeed() {
        round++;
        if (follower != null) {
            follower.leave();
            follower = null;
        }
    }

    private void begin() {
        if (closed) {
            return;
        }
        leaveFeed();
        try {
            var state = read();
            pauses.reset();
            refused = 0;
            copy = state.items();
            position = state.position();
            listener.read(copy);
            follower = new Follower(round);
            client.feed(kind.topics()).after(state.position()).build().subscribe(follower);
        } catch (ProblemException problem) {
            failed(problem);
        } catch (RuntimeException failure) {
            later();
        }
    }

    private void failed(ProblemException problem) {
        // a second time, so that a token that has just expired is replaced
        boolean again = problem.status() == 401 && ++refused == 1;
        if (problem.status() == 403 || problem.status() == 404 || (problem.status() == 401 && !again)) {
            stop(problem.code(), problem.detail());
        } else {
            later();
        }
    }

    private void stop(String code, String detail) {
        end();
        listener.stopped(code, detail);
    }

    private void later() {
        var unused = thread.schedule(this::begin, pauses.next().toMillis(), TimeUnit.MILLISECONDS);
    }

    private record State(Map<String, JsonNode> items, FeedPosition position) {}

    /** Reads all pages. What they have seen together is the lowest of their positions: they may come from different replicas. */
    private State read() {
        var items = new ConcurrentHashMap<String, JsonNode>();
        FeedPosition lowest = null;
        var next = "";
        while (next != null) {
            var page = client.get(kind.list() + "?limit=500" + next);
            var seen = page.feedPosition().orElseThrow(() -> new IllegalStateException("no position yet"));
            if (lowest != null && !lowest.epoch().equals(seen.epoch())) {
                throw new IllegalStateException("another epoch has begun");
            }
            lowest = lowest == null || seen.position() < lowest.position() ? seen : lowest;
            page.body().path("items").forEach(item -> items.put(kind.key(item), item));
            var after = page.body().path("next");
            next = after.isTextual() ? "&after=" + PmsEventsClient.segment(after.asText()) : null;
        }
        return new State(items, lowest);
    }

    /** One round of following; what comes of an earlier one is ignored. */
    private final class Follower implements Flow.Subscriber<FeedMessage> {
        private final int mine;
        private Flow.Subscription subscription;
        private boolean left;

        Follower(int mine) {
            this.mine = mine;
        }

        synchronized void leave() {
            left = true;
            if (subscription != null) {
                subscription.cancel();
            }
        }

        private void onThread(Runnable work) {
            thread.execute(() -> {
                if (mine == round && !closed) {
                    work.run();
                }
            });
        }

        @Override
        public synchronized void onSubscribe(Flow.Subscription given) {
            subscription = given;
            if (left) {
                given.cancel();
            } else {
                given.request(1);
            }
        }

        @Override
        public void onNext(FeedMessage message) {
            onThread(() -> {
                if (message instanceof FeedMessage.Event event) {
                    apply(event);
                    subscription.request(1);
                } else {
                    begin();
                }
            });
        }

        @Override
        public void onError(Throwable failure) {
            onThread(() -> {
                if (failure instanceof FeedStoppedException why) {
                    stop(why.code(), why.detail());
                } else {
                    later();
                }
            });
        }

        @Override
        public void onComplete() {
            onThread(Snapshot.this::later);
        }
    }

    private void apply(FeedMessage.Event event) {
        var item = kind.apply(copy, event);
        if (item != null) {
            var key = kind.key(item);
            copy.put(key, item);
            listener.changed(key, item);
        }
        position = new FeedPosition(position.epoch(), event.position());
    }

    private static boolean isNewer(JsonNode item, JsonNode than) {
        return than == null
                || item.path("version").longValue() > than.path("version").longValue();
    }

    private static final class Products implements Kind {
        @Override
        public String list() {
            return "/api/products";
        }

        @Override
        public String[] topics() {
            return new String[] {"product.*"};
        }

        @Override
        public String key(JsonNode item) {
            return item.path("sku").asText();
        }

        @Override
        public JsonNode apply(Map<String, JsonNode> copy, FeedMessage.Event event) {
            var product = event.payload().<ObjectNode>deepCopy().without(Set.of("changed"));
            return isNewer(product, copy.get(key(product))) ? product : null;
        }
    }

    private static final class Stock implements Kind {
        @Override
        public String list() {
            return "/api/inventory";
        }

        /** The creation of a product opens its stock at the location main. */
        @Override
        public String[] topics() {
            return new String[] {"inventory.updated", "product.created"};
        }

        @Override
        public String key(JsonNode item) {
            return stockKey(item.path("sku").asText(), item.path("location").asText());
        }

        @Override
        public JsonNode apply(Map<String, JsonNode> copy, FeedMessage.Event event) {
            boolean opens = event.type().equals("product.created");
            var sku = event.payload().path("sku").asText();
            var location = opens ? "main" : event.payload().path("location").asText();
            var before = copy.get(stockKey(sku, location));
            var after = PmsEventsClient.object().put("sku", sku).put("location", location);
            after.set("onHand", opens ? IntNode.valueOf(0) : event.payload().get("onHand"));
            after.set("threshold", before == null ? null : before.get("threshold"));
            after.set("version", opens ? IntNode.valueOf(1) : event.payload().get("version"));
            after.put("updatedAt", event.json().path("metadata").path("timestamp").asText());
            return isNewer(after, before) ? after : null;
        }
    }

    private static ScheduledExecutorService thread() {
        var executor = new ScheduledThreadPoolExecutor(1, work -> {
            var worker = new Thread(work, "pms-events-snapshot");
            worker.setDaemon(true);
            return worker;
        });
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        executor.setRejectedExecutionHandler((work, done) -> {});
        return executor;
    }
}
