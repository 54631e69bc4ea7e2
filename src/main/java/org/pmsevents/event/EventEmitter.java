package org.pmsevents.event;

import jakarta.enterprise.context.ApplicationScoped;

/** The one way by which events leave a flow. */
@ApplicationScoped
public class EventEmitter {

    /**
     * Announces an event of scope LOCAL or CLUSTER; never fails and waits for nobody.
     *
     * @param payload written as JSON
     */
    public void emit(EventType type, String subject, Object payload, Origin origin) {}
}
