package org.pmsevents.http;

import io.quarkus.vertx.http.runtime.RouteConstants;

/**
 * The order in which a request passes what stands before its resource, from the first step to the last. Routes are sorted by their order,
 * lowest first. Filters are sorted by their priority, highest first: a filter of priority 10 is a route of order -10.
 */
public final class FilterOrder {
    /**
     * Order of a route: the time is taken, then paths that can't be read are refused. The two share the first place, before the
     * framework's own failure handlers, and so are sorted by {@link #MEASURE_OBSERVES_FIRST}.
     */
    public static final int FIRST_ROUTE = Integer.MIN_VALUE;

    /** Of those who observe the router: the time is taken of requests too that are refused at once. */
    public static final int MEASURE_OBSERVES_FIRST = 1;

    /** Filter: the requests in progress on each connection are counted, and answers told to be the last, those that refuse as well. */
    public static final int CONNECTIONS = 110_000;

    /** Filter: the trace id is decided, which answers, events and log lines carry. */
    public static final int TRACE = 100_000;

    /** Filter: the address of a client behind proxies is found, before anything is limited by it. */
    public static final int CLIENT_ADDRESS = 98_000;

    /** Filter: headers that browsers are told with every answer, refusals included. */
    public static final int SECURITY_HEADERS = 95_000;

    /** Filter: WebSockets of other origins are refused, before the sub-protocol becomes headers. */
    public static final int ORIGIN_CHECK = 90_000;

    /** Filter: what is more than a replica handles at once is refused, before any work is done for it. */
    public static final int IN_FLIGHT = 80_000;

    /** Filter: who asks too often is refused. The framework knows the caller at 200, and judges what the caller may do at 100. */
    public static final int RATE_LIMIT = 140;

    /** Filter: reads are refused while too many answers are unread. */
    public static final int UNREAD_ANSWERS = 130;

    /** Filter: webhooks that can't have a valid signature, whatever their body, are refused before it is read. */
    public static final int SIGNATURE_HEADERS = 20;

    /** Filter: bodies are bounded, once the caller has been judged, and before the framework's own check of their length. */
    public static final int BODY_LIMIT = 10;

    /** Filter: the methods of a path are listed, for callers who may use the path at all. */
    public static final int OPTIONS = 5;

    /** Order of a route: how the dashboard signs people in, before its files. */
    public static final int SIGN_IN = -2;

    /** Order of a route: entity tags for the files of the dashboard, before the files themselves. */
    public static final int PAGE_FILES = -1;

    /** Order of a route: what no route has taken is answered 404. */
    public static final int NOT_FOUND = RouteConstants.ROUTE_ORDER_AFTER_DEFAULT + 1_000;

    private FilterOrder() {}
}
