package org.pmsevents.client;

import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The feed by WebSocket: each event once and in the order of positions, however often the connection is lost, because it resumes after the
 * last one that the subscriber has taken. Each subscriber has a connection and a thread of its own.
 *
 * <ul>
 *   <li>Back-pressure: no more is read from the connection than the subscriber has requested, and one frame. A subscriber that is too slow
 *       for the service is disconnected by it, and resumes; if its place is no longer stored by then, it gets a {@link
 *       FeedMessage.Reset}.
 *   <li>{@code onError} has a {@link FeedStoppedException}, which says why another attempt would fail as well. Other losses of the connection
 *       are not told here, but to {@link Builder#onState}.
 *   <li>{@code onComplete} is never called: the feed has no end. {@code Subscription.cancel} closes the connection.
 *   <li>A message whose {@code onNext} throws is brought again, after the connection was made anew.
 * </ul>
 */
public final class Feed implements Flow.Publisher<FeedMessage> {
    final List<URI> addresses;
    final Supplier<String> token;
    final HttpClient http;
    final List<String> topics;
    final List<String> subjects;
    final FeedPosition after;
    final Duration heartbeat;
    final Duration shortestPause;
    final Duration longestPause;
    final Consumer<FeedState> onState;

    private Feed(Builder from) {
        this.addresses = from.addresses;
        this.token = from.token;
        this.http = from.http;
        this.topics = from.topics;
        this.subjects = from.subjects;
        this.after = from.after;
        this.heartbeat = from.heartbeat;
        this.shortestPause = from.shortestPause;
        this.longestPause = from.longestPause;
        this.onState = from.onState;
    }

    @Override
    public void subscribe(Flow.Subscriber<? super FeedMessage> subscriber) {
        new FeedReader(this, subscriber).start();
    }

    /** What is followed, and from where. */
    public static final class Builder {
        private final List<URI> addresses;
        private final Supplier<String> token;
        private final HttpClient http;
        private final List<String> topics;
        private List<String> subjects = List.of();
        private FeedPosition after;
        private Duration heartbeat = Duration.ofSeconds(15);
        private Duration shortestPause = Duration.ofMillis(100);
        private Duration longestPause = Duration.ofSeconds(5);
        private Consumer<FeedState> onState = state -> {};

        Builder(List<URI> addresses, Supplier<String> token, HttpClient http, List<String> topics) {
            this.addresses = addresses;
            this.token = token;
            this.http = http;
            this.topics = topics;
        }

        /** Only events about these. */
        public Builder subjects(String... subjects) {
            this.subjects = List.of(subjects);
            return this;
        }

        /** The last position that the subscriber has; without one it begins with what happens from now on. */
        public Builder after(FeedPosition position) {
            this.after = position;
            return this;
        }

        /** What the service is set to (15 s); a connection that is silent for two of them counts as dead. */
        public Builder heartbeat(Duration heartbeat) {
            this.heartbeat = heartbeat;
            return this;
        }

        /** The pause before the first new attempt (100 ms), doubled for each further one up to the longest (5 s). */
        public Builder pauses(Duration shortest, Duration longest) {
            this.shortestPause = shortest;
            this.longestPause = longest;
            return this;
        }

        /** Told what the feed is doing, on its thread. */
        public Builder onState(Consumer<FeedState> onState) {
            this.onState = onState;
            return this;
        }

        public Feed build() {
            return new Feed(this);
        }
    }
}
