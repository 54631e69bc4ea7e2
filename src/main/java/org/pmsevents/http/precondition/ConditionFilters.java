package org.pmsevents.http.precondition;

import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import jakarta.ws.rs.Priorities;
import org.jboss.resteasy.reactive.server.ServerRequestFilter;
import org.pmsevents.http.precondition.Preconditions.Use;

/**
 * Evaluates the conditions of every call, before its body is looked at: calls of resources with entity tags do that themselves, all
 * others are judged here. A header that can't be read is refused in any case.
 */
@Singleton
public class ConditionFilters {
    private static final String MARK = ConditionFilters.class.getName();
    private static final int MARK_FIRST = Priorities.USER;
    private static final int THEN_EVALUATE = Priorities.USER + 1;

    private enum Mark {
        EVALUATED_BY_CALL,
        CREATE
    }

    @EvaluatesConditions
    @ServerRequestFilter(priority = MARK_FIRST)
    public void markEvaluated(RoutingContext routing) {
        routing.put(MARK, Mark.EVALUATED_BY_CALL);
    }

    @CreatesResource
    @ServerRequestFilter(priority = MARK_FIRST)
    public void markCreate(RoutingContext routing) {
        routing.put(MARK, Mark.CREATE);
    }

    @ServerRequestFilter(priority = THEN_EVALUATE)
    public void evaluate(RoutingContext routing) {
        var headers = routing.request().headers();
        var conditions = Preconditions.of(headers.getAll("If-Match"), headers.getAll("If-None-Match"));
        var mark = routing.get(MARK);
        if (mark != Mark.EVALUATED_BY_CALL) {
            conditions.checkWithoutTag(
                    mark == Mark.CREATE ? Use.CREATE : isRead(routing.request().method()) ? Use.READ : Use.CHANGE);
        }
    }

    private static boolean isRead(HttpMethod method) {
        return method == HttpMethod.GET || method == HttpMethod.HEAD;
    }
}
