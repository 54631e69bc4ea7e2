package org.pmsevents.alert;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.faulttolerance.exceptions.CircuitBreakerOpenException;
import org.pmsevents.http.problem.ErrorFlow;
import org.pmsevents.http.signature.Webhook;
import org.pmsevents.platform.json.Fields;
import org.pmsevents.queue.JobFailure;
import org.pmsevents.queue.JobKind;
import org.pmsevents.queue.JobRun;
import org.pmsevents.queue.RetryAfter;

/**
 * The channel that leaves the cluster: posts alerts to a URL of the administrators, signed as Standard Webhooks 1.0.0 defines. The
 * id of the job is the id of the webhook, so that receivers recognise repeats.
 */
@ApplicationScoped
public class AlertWebhookJob implements JobKind<AlertMessage> {
    static final String KIND = "admin.webhook";

    private static final Duration LONGEST_PAUSE = Duration.ofHours(6);

    private final AlertWebhookGateway gateway;
    private final Optional<AlertWebhook> webhook;
    private final ErrorFlow errors;
    private final ObjectMapper mapper;
    private final Clock clock;

    AlertWebhookJob(
            AlertWebhookGateway gateway, AdminConfig config, ErrorFlow errors, ObjectMapper mapper, Clock clock) {
        this.gateway = gateway;
        this.webhook = AlertWebhook.of(config.webhookUrl(), config.webhookSecret(), clock);
        this.errors = errors;
        this.mapper = mapper;
        this.clock = clock;
    }

    /** The body of the request. */
    @RegisterForReflection
    record Posted(String type, Instant timestamp, AlertMessage data) {}

    /** The result of the job. */
    @RegisterForReflection
    record Delivered(int status) {}

    @Override
    public String name() {
        return KIND;
    }

    @Override
    public AlertMessage read(Fields payload) {
        return AlertMessage.read(payload);
    }

    @Override
    public String payloadSchema() {
        return AlertMessage.SCHEMA;
    }

    @Override
    public Duration firstPause() {
        return Duration.ofSeconds(2);
    }

    /** Whether an alert is posted. Alerts about this channel are not, because one failure would cause the next without end. */
    boolean takes(AlertMessage alert) {
        return webhook.isPresent() && !alert.subject().equals(KIND);
    }

    /** Request → processRequest → emitEvent('error.integration') → retryQueue → notifyAdmin. */
    @Override
    public Uni<?> run(AlertMessage alert, JobRun run) {
        return errors.integration(
                KIND, alert.key(), run.context(), () -> processRequest(alert, run), failure -> retryQueue(failure));
    }

    private Uni<Delivered> processRequest(AlertMessage alert, JobRun run) {
        var to = webhook.orElseThrow(() -> JobFailure.permanent("the admin webhook is not configured any more", null));
        var id = run.jobId().toString();
        long time = clock.instant().getEpochSecond();
        var body = body(alert);
        return gateway.post(
                        to.url(),
                        Map.of(
                                "Content-Type",
                                "application/json",
                                "User-Agent",
                                "pms-events",
                                Webhook.ID,
                                id,
                                Webhook.TIME,
                                Long.toString(time),
                                Webhook.SIGNATURE,
                                to.signature().sign(id, time, body)),
                        body,
                        run.context())
                .map(AlertWebhookJob::delivered);
    }

    private byte[] body(AlertMessage alert) {
        try {
            return mapper.writeValueAsBytes(new Posted(AlertJob.KIND, alert.at(), alert));
        } catch (JsonProcessingException e) {
            throw JobFailure.permanent("can't be written as JSON", e);
        }
    }

    private static Delivered delivered(int status) {
        if (status < 200 || status > 299) {
            throw JobFailure.permanent("the admin webhook answered " + status, null);
        }
        return new Delivered(status);
    }

    /** The job stays in the queue: says when it is retried. */
    private Throwable retryQueue(Throwable failure) {
        if (failure instanceof JobFailure) {
            return failure;
        }
        var text = "the admin webhook "
                + (failure instanceof AlertWebhookGateway.RetryableStatusException answered
                        ? answered.getMessage()
                        : failure instanceof CircuitBreakerOpenException
                                ? "was not called: its circuit breaker is open after repeated failures"
                                : "gave no answer: " + failure);
        var asked = failure instanceof AlertWebhookGateway.RetryableStatusException answered
                ? RetryAfter.parse(answered.retryAfter(), clock.instant(), LONGEST_PAUSE)
                        .orElse(Duration.ZERO)
                : Duration.ZERO;
        return JobFailure.notBefore(text, failure, asked);
    }
}
