package org.pmsevents.app;

import io.quarkus.logging.LoggingFilter;
import java.util.List;
import java.util.logging.Filter;
import java.util.logging.LogRecord;
import org.pmsevents.delivery.sse.LostReaders;
import org.pmsevents.platform.database.LatePoolTimeouts;

/** Leaves out of the log what libraries report as errors, and is none: there can be one filter only. */
@LoggingFilter(name = "expected-failures")
public final class ExpectedFailures implements Filter {
    private final List<Filter> filters = List.of(new LatePoolTimeouts(), new LostReaders());

    @Override
    public boolean isLoggable(LogRecord line) {
        return filters.stream().allMatch(filter -> filter.isLoggable(line));
    }
}
