package org.pmsevents.product.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.Startup;
import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.sqlclient.SqlClient;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.Alert;
import org.pmsevents.event.Alerts;
import org.pmsevents.event.RequestContext;
import org.pmsevents.http.signature.Webhook;
import org.pmsevents.platform.database.ConflictException;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.json.StrictJson;
import org.pmsevents.platform.problem.AppException;
import org.pmsevents.pms.webhook.Deliveries;
import org.pmsevents.pms.webhook.WebhookGuard;
import org.pmsevents.product.batch.BatchMode;
import org.pmsevents.product.batch.BatchOptions;
import org.pmsevents.product.batch.BatchResult;
import org.pmsevents.product.batch.LineOutcome;
import org.pmsevents.product.batch.ProductBatch;
import org.pmsevents.product.batch.StatusRule;

/** The product flow of the PMS. A signed webhook of products is committed together with its events and its answer. */
@Startup
@ApplicationScoped
public class PmsProductsFlow {
    private static final String SOURCE = "pms";
    private static final String REJECTED = "rejected";
    private static final BatchOptions OPTIONS =
            BatchOptions.of(BatchMode.UPSERT).with(StatusRule.DECIDES).waiting();

    /** Whoever waits for a row that somebody else holds keeps the rows that it has locked before for so long only. */
    private final WebhookGuard guard;

    private final Deliveries deliveries;
    private final ProductBatch batch;
    private final PmsVersionTable versions;
    private final Alerts alerts;
    private final ObjectMapper json;
    private final MeterRegistry meters;

    PmsProductsFlow(
            WebhookGuard guard,
            Deliveries deliveries,
            ProductBatch batch,
            PmsVersionTable versions,
            Alerts alerts,
            ObjectMapper json,
            MeterRegistry meters) {
        this.guard = guard;
        this.deliveries = deliveries;
        this.batch = batch;
        this.versions = versions;
        this.alerts = alerts;
        this.json = json;
        this.meters = meters;
        Arrays.stream(LineOutcome.values()).forEach(outcome -> count(outcome.wireName(), 0));
        count(REJECTED, 0);
    }

    /** The changes of a webhook, and the answer to it. */
    private record Applied(ProductsReport report, BatchResult result, String answer) implements Deliveries.Done {}

    /**
     * The answer to a webhook.
     *
     * @param json {@link ProductsReport}
     * @param replayed whether the answer is that of an earlier delivery
     */
    record Answer(String json, boolean replayed) {}

    /**
     * Applies the products of a webhook, each if its version is newer than what was applied last.
     *
     * @throws AppException 401 {@code bad-signature}; 400 if the body is no JSON or has no list of lines; 422 {@code
     *     webhook-id-reused}; 503 if products are locked by others for too long, or {@code outcome-unknown}
     */
    Uni<Answer> sync(Webhook webhook, RequestContext context) {
        return validateProducts(webhook, context)
                .chain(lines -> updateProducts(webhook, lines, context))
                .call(delivered -> announce(webhook, delivered.done(), context))
                .map(delivered -> new Answer(delivered.answer(), delivered.done() == null));
    }

    /** Checks the signature first: an unsigned body is not parsed. */
    private Uni<List<PmsLine>> validateProducts(Webhook webhook, RequestContext context) {
        return StrictJson.offLoop(webhook.body().length, () -> {
            guard.refuseUnsigned(webhook, context);
            return PmsLineRules.lines(webhook.body());
        });
    }

    private Uni<Deliveries.Delivered<Applied>> updateProducts(
            Webhook webhook, List<PmsLine> lines, RequestContext context) {
        return deliveries.once(
                webhook.id(),
                Deliveries.fingerprint(WebhookGuard.PRODUCTS, webhook.body()),
                context,
                () -> Uni.createFrom().voidItem(),
                transaction -> transaction.next(client -> apply(client, lines, context)));
    }

    private Uni<Applied> apply(SqlClient transaction, List<PmsLine> lines, RequestContext context) {
        return versions.limitLocks(transaction)
                .chain(() -> batch.write(
                        transaction,
                        lines.stream().map(PmsLine::product).toList(),
                        new PmsJudge(versions, lines, OPTIONS),
                        OPTIONS,
                        context))
                .onFailure(Transactions::isLocked)
                .transform(ConflictException::new)
                .map(this::applied);
    }

    private Applied applied(BatchResult result) {
        var report = ProductsReport.of(result.results());
        return new Applied(report, result, write(report));
    }

    /** By the delivery that has applied the webhook. */
    private Uni<Void> announce(Webhook webhook, @Nullable Applied applied, RequestContext context) {
        if (applied == null) {
            return Uni.createFrom().voidItem();
        }
        measure(applied.report());
        alertRejected(webhook, applied, context);
        return batch.announce(applied.result(), context);
    }

    private void measure(ProductsReport report) {
        count(LineOutcome.CREATED.wireName(), report.created());
        count(LineOutcome.UPDATED.wireName(), report.updated());
        count(LineOutcome.UNCHANGED.wireName(), report.unchanged());
        count(LineOutcome.PUBLISHED.wireName(), report.published());
        count(LineOutcome.ARCHIVED.wireName(), report.archived());
        count(LineOutcome.STALE.wireName(), report.stale());
        count(REJECTED, report.rejected().size());
    }

    private void count(String outcome, int lines) {
        meters.counter("pms.products.lines", "outcome", outcome).increment(lines);
    }

    private void alertRejected(Webhook webhook, Applied applied, RequestContext context) {
        var rejected = applied.report().rejected();
        if (rejected.isEmpty()) {
            return;
        }
        var first = rejected.get(0);
        alerts.raise(Alert.warning(
                "webhook-lines",
                "A product webhook had lines that can't be read",
                "webhook-id " + webhook.id() + ": " + rejected.size() + " of "
                        + applied.result().results().size() + " lines were rejected. The first: line " + first.index()
                        + ", " + first.code() + ": " + first.detail(),
                SOURCE,
                context));
    }

    private String write(ProductsReport report) {
        try {
            return json.writeValueAsString(report);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a report can always be written", e);
        }
    }
}
