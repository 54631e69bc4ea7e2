package org.pmsevents.paging;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One page of a list.
 *
 * @param next what to send as {@code after} for the next page; null on the last one
 */
public record Page<T>(List<T> items, @Nullable String next) {}
