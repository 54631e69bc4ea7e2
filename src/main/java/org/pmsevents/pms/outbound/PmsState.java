package org.pmsevents.pms.outbound;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Whether the PMS can be reached, as far as the cluster knows.
 *
 * @param state {@code disabled}, {@code up} or {@code away}
 * @param since when it is away; null otherwise
 */
@RegisterForReflection
public record PmsState(String state, @Nullable Instant since) {}
