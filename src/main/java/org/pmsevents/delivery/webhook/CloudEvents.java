package org.pmsevents.delivery.webhook;

import java.util.List;
import java.util.stream.Collectors;
import org.pmsevents.delivery.CloudEventAttributes;
import org.pmsevents.platform.json.JsonWriter;
import org.pmsevents.subscription.Sender;

/** Writes events as CloudEvents 1.0 in JSON, in structured mode, or batched. The data is the event in its own form. */
final class CloudEvents {
    static final String ONE = "application/cloudevents+json; charset=utf-8";
    static final String BATCH = "application/cloudevents-batch+json; charset=utf-8";

    private final String epoch;
    private final JsonWriter json;

    CloudEvents(String epoch, JsonWriter json) {
        this.epoch = epoch;
        this.json = json;
    }

    String batch(List<Sender.Sent> events) {
        return events.stream().map(this::one).collect(Collectors.joining(",", "[", "]"));
    }

    String one(Sender.Sent event) {
        return CloudEventAttributes.of(event, epoch).entrySet().stream()
                .map(each -> json.write(each.getKey()) + ":" + json.write(each.getValue()))
                .collect(Collectors.joining(
                        ",", "{", ",\"datacontenttype\":\"application/json\",\"data\":" + event.json() + "}"));
    }
}
