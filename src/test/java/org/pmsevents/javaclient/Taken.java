package org.pmsevents.javaclient;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import org.pmsevents.client.Feed;
import org.pmsevents.client.FeedMessage;
import org.pmsevents.client.FeedState;
import org.pmsevents.client.FeedStoppedException;

/** A subscriber that keeps what it is given, and how often its feed has subscribed. */
final class Taken implements Flow.Subscriber<FeedMessage>, AutoCloseable {
    final List<FeedMessage> messages = new CopyOnWriteArrayList<>();
    final List<FeedState> following = new CopyOnWriteArrayList<>();
    final CompletableFuture<FeedStoppedException> stopped = new CompletableFuture<>();
    private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
    private final Consumer<FeedMessage> first;
    private final long requested;

    private Taken(long requested, Consumer<FeedMessage> first) {
        this.requested = requested;
        this.first = first;
    }

    /** Requests so many messages at first. */
    static Taken of(Feed.Builder feed, long requested) {
        return of(feed, requested, message -> {});
    }

    /** @param first is done with each message before it is kept */
    static Taken of(Feed.Builder feed, long requested, Consumer<FeedMessage> first) {
        var taken = new Taken(requested, first);
        feed.onState(state -> {
                    if (state.kind() == FeedState.Kind.FOLLOWING) {
                        taken.following.add(state);
                    }
                })
                .build()
                .subscribe(taken);
        return taken;
    }

    void request(long more) {
        subscription.join().request(more);
    }

    List<String> subjects() {
        return messages.stream()
                .map(message -> ((FeedMessage.Event) message).subject())
                .toList();
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
        subscription.complete(given);
        if (requested > 0) {
            given.request(requested);
        }
    }

    @Override
    public void onNext(FeedMessage message) {
        first.accept(message);
        messages.add(message);
    }

    @Override
    public void onError(Throwable why) {
        stopped.complete((FeedStoppedException) why);
    }

    @Override
    public void onComplete() {
        throw new AssertionError("a feed has no end");
    }

    @Override
    public void close() {
        subscription.join().cancel();
    }
}
