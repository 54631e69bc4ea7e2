package org.pmsevents.metrics.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.pmsevents.metrics.ErrorState;
import org.pmsevents.metrics.Resources;

/** The last report of each replica, in Redis, where all replicas read it. */
@ApplicationScoped
public class ReplicaReports {
    private static final Logger LOG = Logger.getLogger(ReplicaReports.class);

    private final MetricsGateway gateway;
    private final ObjectMapper mapper;
    private final Clock clock;
    private volatile @Nullable ReplicaReport own;

    ReplicaReports(MetricsGateway gateway, ObjectMapper mapper, Clock clock) {
        this.gateway = gateway;
        this.mapper = mapper;
        this.clock = clock;
    }

    /** Stores the report of this replica. */
    public Uni<Void> store(Resources resources, ErrorState errors) {
        var report = new ReplicaReport(clock.instant(), resources, errors);
        own = report;
        return gateway.knowsEpoch()
                ? gateway.report(json(report))
                : Uni.createFrom().voidItem();
    }

    /** Updates the errors in the last report; does nothing before the first one. */
    public Uni<Void> errors(ErrorState errors) {
        var last = own;
        return last == null ? Uni.createFrom().voidItem() : store(last.resources(), errors);
    }

    /** The last report of this replica. */
    List<ReplicaReport> own() {
        return Stream.of(Optional.ofNullable(own)).flatMap(Optional::stream).toList();
    }

    /** The reports of all replicas, including those that have stopped a short time ago. */
    Uni<List<ReplicaReport>> all() {
        return gateway.reports()
                .map(reports -> reports.stream()
                        .map(this::report)
                        .filter(Objects::nonNull)
                        .map(Objects::requireNonNull)
                        .sorted(Comparator.comparing(
                                report -> report.resources().replica()))
                        .toList());
    }

    private String json(ReplicaReport report) {
        try {
            return mapper.writeValueAsString(report);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns null if another version has written a report that this one can't read. */
    private @Nullable ReplicaReport report(String json) {
        try {
            return mapper.readValue(json, ReplicaReport.class);
        } catch (JsonProcessingException e) {
            LOG.debugf("a replica's report can't be read: %s", e.getMessage());
            return null;
        }
    }
}
