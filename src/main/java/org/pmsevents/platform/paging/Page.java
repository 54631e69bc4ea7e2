package org.pmsevents.platform.paging;

import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One page of a list.
 *
 * @param next the value of {@code after} for the next page; null on the last page
 */
@RegisterForReflection
public record Page<T>(List<T> items, @Nullable String next) {}
