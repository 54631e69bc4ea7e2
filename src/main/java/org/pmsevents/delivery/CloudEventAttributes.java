package org.pmsevents.delivery;

import java.util.LinkedHashMap;
import java.util.Map;
import org.pmsevents.subscription.Sender;

/** What an event is called as a CloudEvent (CloudEvents 1.0.2), whichever way it leaves. */
public final class CloudEventAttributes {
    private CloudEventAttributes() {}

    /**
     * Its attributes in the order in which they are written, without that of its data. {@code source} names the history that positions
     * count in; {@code sequence} is the position as twenty digits, so that texts are ordered as the events are.
     */
    public static Map<String, String> of(Sender.Sent event, String epoch) {
        var attributes = new LinkedHashMap<String, String>();
        attributes.put("specversion", "1.0");
        attributes.put("id", event.eventId());
        attributes.put("source", "/feeds/" + epoch);
        attributes.put("type", "org.pmsevents." + event.type());
        attributes.put("subject", event.subject());
        attributes.put("time", event.time());
        var position = event.position();
        if (position != null) {
            attributes.put("sequence", "%020d".formatted(position));
        }
        return attributes;
    }
}
