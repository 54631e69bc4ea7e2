package org.pmsevents.transfer.file;

import org.jspecify.annotations.Nullable;

/**
 * Why a line is refused.
 *
 * @param column the name of the column, or for NDJSON the pointer to the member; null if it is about the line as a whole
 * @param code stable, as documented
 * @param detail what is wrong and what to do
 */
public record Fault(@Nullable String column, String code, String detail) {}
