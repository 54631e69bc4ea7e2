package org.pmsevents.subscription;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.pmsevents.platform.json.Fields;

/** A way in which the events of a subscription leave: a bean for each. */
public interface DeliveryKind {
    /** As {@code delivery.kind} has it. */
    String name();

    /** Whether deliveries are signed, so that a subscription has a secret. */
    boolean signs();

    /** Reads the delivery of a request, with defaults where something is absent. Adds violations to the fields. */
    ObjectNode read(Fields delivery);
}
