package org.pmsevents.product.batch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.pmsevents.event.RequestContext;
import org.pmsevents.http.idempotency.AnswerWriter;
import org.pmsevents.http.idempotency.Idempotency;
import org.pmsevents.http.idempotency.IdempotencyKey;
import org.pmsevents.platform.database.Transactions;
import org.pmsevents.platform.json.ParsedBody;
import org.pmsevents.platform.json.StrictJson;
import org.pmsevents.platform.problem.AppException;

/** The flow of many products: each line by itself, or all or none. Every change is committed with its event, then published, and only then answered. */
@ApplicationScoped
public class ProductBatchFlow {
    private final ProductBatch batch;
    private final Transactions transactions;
    private final Idempotency idempotency;
    private final ObjectMapper mapper;

    ProductBatchFlow(ProductBatch batch, Transactions transactions, Idempotency idempotency, ObjectMapper mapper) {
        this.batch = batch;
        this.transactions = transactions;
        this.idempotency = idempotency;
        this.mapper = mapper;
    }

    /** The answer to several lines. */
    @RegisterForReflection
    record LineResults(List<LineResult> results) {}

    /**
     * Applies the lines of a body, in their order.
     *
     * @return the answer, JSON
     * @throws AppException 400 if the body has no list of lines; 409 {@code lines-refused} with all results if the batch is all or none
     *     and a line is refused; 503 {@code outcome-unknown}
     */
    Uni<String> apply(
            byte @Nullable [] body, BatchOptions options, @Nullable IdempotencyKey key, RequestContext context) {
        return validateLines(body)
                .chain(lines -> idempotency.once(
                        key,
                        Function.identity(),
                        answers -> options.atomic() || options.dryRun()
                                ? together(lines, options, answers, context)
                                : new BatchRun(batch, transactions, this::write, answers, lines, options, context)
                                        .run()));
    }

    private static Uni<List<ParsedBody>> validateLines(byte @Nullable [] body) {
        return StrictJson.offLoop(body == null ? 0 : body.length, () -> BatchRules.lines(body));
    }

    /** In one transaction, which waits for the rows that others hold. */
    private Uni<String> together(
            List<ParsedBody> lines, BatchOptions options, AnswerWriter answers, RequestContext context) {
        return transactions
                .run(
                        context,
                        transaction -> batch.write(transaction, lines, options.waiting(), context)
                                .call(result -> answers.store(transaction, write(result.results()))))
                .call(result -> batch.announce(result, context))
                .map(result -> write(result.results()));
    }

    private String write(List<LineResult> results) {
        try {
            return mapper.writeValueAsString(new LineResults(results));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("results can always be written", e);
        }
    }
}
