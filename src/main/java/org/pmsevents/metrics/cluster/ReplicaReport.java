package org.pmsevents.metrics.cluster;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import org.pmsevents.metrics.ErrorState;
import org.pmsevents.metrics.Resources;

/** What a replica last told of itself, for the others to show. */
@RegisterForReflection
public record ReplicaReport(Instant seenAt, Resources resources, ErrorState errors) {}
