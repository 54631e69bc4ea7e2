package org.pmsevents.pms.outbound;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The state of the PMS as known to the cluster.
 *
 * @param state {@code disabled}, {@code up} or {@code away}
 * @param since begin of the outage; null if there is none
 */
@RegisterForReflection
public record PmsState(String state, @Nullable Instant since) {}
