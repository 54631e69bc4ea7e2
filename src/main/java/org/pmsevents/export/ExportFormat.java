package org.pmsevents.export;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.problem.AppException;

/** How a file is written. */
enum ExportFormat {
    /** RFC 4180: UTF-8, commas, CRLF, a header line. */
    CSV("csv", "text/csv;charset=UTF-8;header=present"),
    /** A JSON object a line. */
    NDJSON("ndjson", "application/x-ndjson");

    private final String extension;
    private final String mediaType;

    ExportFormat(String extension, String mediaType) {
        this.extension = extension;
        this.mediaType = mediaType;
    }

    /** @throws AppException 400 if there is no such format */
    static ExportFormat named(@Nullable String name) {
        return name == null
                ? CSV
                : Arrays.stream(values())
                        .filter(format -> format.extension.equals(name))
                        .findAny()
                        .orElseThrow(() -> AppException.validationFailed(
                                "?format", "unknown-value", "format must be csv or ndjson."));
    }

    String extension() {
        return extension;
    }

    String mediaType() {
        return mediaType;
    }
}
