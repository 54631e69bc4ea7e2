package org.pmsevents.subscription.api;

import com.fasterxml.jackson.annotation.JsonRawValue;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;
import org.pmsevents.http.precondition.NamedResources;
import org.pmsevents.platform.database.Reads;
import org.pmsevents.platform.paging.Page;
import org.pmsevents.platform.paging.PageRequest;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.subscription.SubscriptionTable;
import org.pmsevents.subscription.SubscriptionTable.Standing;

/** Reads subscriptions, their last attempts, and who changed them. */
@ApplicationScoped
class SubscriptionReads implements NamedResources {
    private final SubscriptionTable table;
    private final Reads reads;

    SubscriptionReads(SubscriptionTable table, Reads reads) {
        this.table = table;
        this.reads = reads;
    }

    /** An entry of the audit; {@code detail} is what was asked for, if it has parameters. */
    @RegisterForReflection
    record ChangeView(
            UUID id,
            String change,
            UUID subscription,
            String name,
            @JsonRawValue @Nullable String detail,
            Instant at,
            String actor,
            String traceId) {}

    /** The last attempts. */
    @RegisterForReflection
    record Attempts(List<AttemptView> items) {}

    @RegisterForReflection
    record AttemptView(
            long number,
            Instant at,
            String webhookId,
            @Nullable Long position,
            int events,
            @Nullable Integer status,
            int millis,
            @Nullable String error,
            @Nullable String answer) {}

    @Override
    public String path() {
        return "/api/subscriptions/";
    }

    @Override
    public Uni<?> find(String name, RequestContext context) {
        return read(name);
    }

    /** @throws AppException 404 {@code subscription-not-found} */
    Uni<SubscriptionView> read(String text) {
        return standing(text).map(SubscriptionView::of);
    }

    Uni<Standing> standing(String text) {
        return Uni.createFrom()
                .item(() -> id(text))
                .chain(id -> reads.byKey(client -> table.find(client, id)))
                .map(found -> found.orElseThrow(() -> notFound(text)));
    }

    /** In the order of their names. */
    Uni<Page<SubscriptionView>> list(PageRequest page) {
        return reads.list(client -> table.list(client, page.after(), page.oneMore()))
                .map(found -> page.page(found.stream().map(SubscriptionView::of).toList(), SubscriptionView::name));
    }

    /** The newest change first. */
    Uni<Page<ChangeView>> audit(PageRequest page) {
        var after = page.afterId();
        return reads.list(client -> table.changes(client, after, page.oneMore()))
                .map(found -> page.page(
                        found.stream()
                                .map(each -> new ChangeView(
                                        each.id(),
                                        each.change(),
                                        each.subscription(),
                                        each.name(),
                                        each.detail(),
                                        each.at(),
                                        each.actor(),
                                        each.traceId()))
                                .toList(),
                        entry -> entry.id().toString()));
    }

    Uni<Attempts> attempts(String text) {
        return standing(text)
                .chain(found -> reads.list(
                        client -> table.attempts(client, found.subscription().id())))
                .map(all -> new Attempts(all.stream()
                        .map(each -> new AttemptView(
                                each.number(),
                                each.at(),
                                each.webhookId(),
                                each.position(),
                                each.events(),
                                each.status(),
                                each.millis(),
                                each.error(),
                                each.answer()))
                        .toList()));
    }

    static UUID id(String text) {
        try {
            var id = UUID.fromString(text);
            if (id.toString().equalsIgnoreCase(text)) {
                return id;
            }
        } catch (IllegalArgumentException e) {
            // told below
        }
        throw notFound(text);
    }

    static AppException notFound(String id) {
        return AppException.notFound("subscription-not-found", "There is no subscription with the id " + id + ".");
    }
}
