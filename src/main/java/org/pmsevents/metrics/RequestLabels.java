package org.pmsevents.metrics;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.config.MeterFilter;
import jakarta.inject.Singleton;
import java.util.Set;

/** Keeps the labels of the request metrics few, whatever callers send: neither the paths of requests that came to no resource, nor methods that nobody knows. */
@Singleton
public class RequestLabels implements MeterFilter {
    private static final String REQUESTS = "http.server.requests";
    private static final Set<String> UNMATCHED = Set.of("401", "405");
    private static final Set<String> METHODS = Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

    @Override
    public Meter.Id map(Meter.Id id) {
        if (!id.getName().startsWith(REQUESTS)) {
            return id;
        }
        var status = id.getTag("status");
        var method = id.getTag("method");
        var mapped = id;
        if (status != null && UNMATCHED.contains(status)) {
            mapped = mapped.replaceTags(withTag(mapped, Tag.of("uri", "REFUSED")));
        }
        if (method != null && !METHODS.contains(method)) {
            mapped = mapped.replaceTags(withTag(mapped, Tag.of("method", "OTHER")));
        }
        return mapped;
    }

    private static Iterable<Tag> withTag(Meter.Id id, Tag changed) {
        return id.getTags().stream()
                .map(tag -> tag.getKey().equals(changed.getKey()) ? changed : tag)
                .toList();
    }
}
