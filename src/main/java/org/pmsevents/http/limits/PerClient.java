package org.pmsevents.http.limits;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** How many of something, such as streams, each client has open at this replica; who has none is forgotten. */
public final class PerClient {
    private final int most;
    private final Map<String, Integer> open = new ConcurrentHashMap<>();

    public PerClient(int most) {
        this.most = most;
    }

    public boolean isFull(String client) {
        return open.getOrDefault(client, 0) >= most;
    }

    public void opened(String client) {
        open.merge(client, 1, Integer::sum);
    }

    public void closed(String client) {
        open.computeIfPresent(client, (known, count) -> count == 1 ? null : count - 1);
    }
}
