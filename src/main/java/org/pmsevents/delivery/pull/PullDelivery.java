package org.pmsevents.delivery.pull;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.enterprise.context.ApplicationScoped;
import org.pmsevents.platform.json.Fields;
import org.pmsevents.subscription.DeliveryKind;

/** Nothing is sent: the receiver fetches. */
@ApplicationScoped
public class PullDelivery implements DeliveryKind {
    static final String KIND = "pull";

    @Override
    public String name() {
        return KIND;
    }

    @Override
    public boolean signs() {
        return false;
    }

    @Override
    public ObjectNode read(Fields delivery) {
        delivery.only("kind");
        return JsonNodeFactory.instance.objectNode().put("kind", KIND);
    }
}
