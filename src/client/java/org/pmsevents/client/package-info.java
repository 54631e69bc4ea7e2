/**
 * A client for PMS Events: REST calls, the feed with resume and back-pressure, and a copy of products or stock that is kept without a
 * gap. Needs Java 17 and Jackson's databind, nothing else. Everything but {@link org.pmsevents.client.PmsEventsClient#request} works
 * on threads of its own; all classes can be used by several threads.
 */
package org.pmsevents.client;
