package org.pmsevents.metrics;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;

/** What a replica last told of itself, for the others to show. */
@RegisterForReflection
public record ReplicaReport(Instant seenAt, Resources resources, ErrorState errors) {}
