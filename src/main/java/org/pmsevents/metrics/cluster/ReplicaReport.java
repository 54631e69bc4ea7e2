package org.pmsevents.metrics.cluster;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import org.pmsevents.metrics.ErrorState;
import org.pmsevents.metrics.Resources;

/** The last report of a replica, shown by all replicas. */
@RegisterForReflection
public record ReplicaReport(Instant seenAt, Resources resources, ErrorState errors) {}
