package org.pmsevents.alert;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import org.jboss.logging.Logger;
import org.pmsevents.event.Alert;
import org.pmsevents.event.transport.AlertBroadcast;
import org.pmsevents.platform.json.Fields;
import org.pmsevents.platform.tracing.TraceLog;
import org.pmsevents.queue.JobKind;
import org.pmsevents.queue.JobRun;

/** The channels that always exist: one log line in the whole cluster, and the WebSockets of clients that may receive alerts. */
@ApplicationScoped
public class AlertJob implements JobKind<AlertMessage> {
    static final String KIND = "admin.alert";

    private static final TraceLog LOG = TraceLog.of("org.pmsevents.alerts");

    private final AlertBroadcast broadcast;
    private final ObjectMapper mapper;
    private final MeterRegistry meters;

    AlertJob(AlertBroadcast broadcast, ObjectMapper mapper, MeterRegistry meters) {
        this.broadcast = broadcast;
        this.mapper = mapper;
        this.meters = meters;
        for (var severity : Alert.Severity.values()) {
            counter(severity.wireName(), false);
            counter(severity.wireName(), true);
        }
    }

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
    public Duration timeout() {
        return Duration.ofSeconds(5);
    }

    @Override
    public Uni<?> run(AlertMessage alert, JobRun run) {
        return logAlert(alert, run)
                .call(this::notifyWebSocket)
                .invoke(this::updateMetrics)
                .replaceWithVoid();
    }

    private static Uni<AlertMessage> logAlert(AlertMessage alert, JobRun run) {
        LOG.log(
                alert.isCritical() ? Logger.Level.ERROR : Logger.Level.WARN,
                run.context(),
                "ALERT %s %s: %s, subject=%s, count=%d, job=%s, traceId=%s",
                alert.severity(),
                alert.key(),
                alert.text(),
                alert.subject(),
                alert.count(),
                run.jobId(),
                alert.traceId());
        return Uni.createFrom().item(alert);
    }

    private Uni<Void> notifyWebSocket(AlertMessage alert) {
        try {
            return broadcast.send(mapper.writeValueAsString(alert));
        } catch (JsonProcessingException e) {
            return Uni.createFrom().failure(e);
        }
    }

    private Counter counter(String severity, boolean summary) {
        return meters.counter("pms.alerts", "severity", severity, "summary", Boolean.toString(summary));
    }

    private void updateMetrics(AlertMessage alert) {
        counter(alert.severity(), alert.summary()).increment();
    }
}
