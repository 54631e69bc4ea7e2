package org.pmsevents.delivery.webhook;

import java.util.List;
import java.util.stream.Collectors;
import org.pmsevents.platform.json.JsonWriter;
import org.pmsevents.subscription.Sender;

/** Writes events as CloudEvents 1.0 in JSON, in structured mode, or batched. The data is the event in its own form. */
final class CloudEvents {
    static final String ONE = "application/cloudevents+json; charset=utf-8";
    static final String BATCH = "application/cloudevents-batch+json; charset=utf-8";

    private final String source;
    private final JsonWriter json;

    /** @param source a URI reference that names this service */
    CloudEvents(String source, JsonWriter json) {
        this.source = source;
        this.json = json;
    }

    String batch(List<Sender.Sent> events) {
        return events.stream().map(this::one).collect(Collectors.joining(",", "[", "]"));
    }

    /** {@code sequence} is the position as twenty digits, so that texts are ordered as the events are. */
    String one(Sender.Sent event) {
        var position = event.position();
        return "{\"specversion\":\"1.0\",\"id\":" + json.write(event.eventId()) + ",\"source\":" + json.write(source)
                + ",\"type\":" + json.write("org.pmsevents." + event.type()) + ",\"subject\":"
                + json.write(event.subject())
                + ",\"time\":" + json.write(event.time())
                + (position == null ? "" : ",\"sequence\":\"" + "%020d".formatted(position) + "\"")
                + ",\"datacontenttype\":\"application/json\",\"data\":" + event.json() + "}";
    }
}
