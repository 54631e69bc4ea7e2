package org.pmsevents.platform.tracing;

import java.util.logging.Level;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Writes log lines with the trace of their subject ({@code traceId} in the MDC), passed as a value. A value bound to a context
 * would be missing after a switch of contexts. In a batch, which runs on the context of its first caller, it would be another
 * request's.
 */
public final class TraceLog {
    private static final String TRACE_ID = "traceId";
    private static final String SELF = TraceLog.class.getName();

    private final Logger logger;

    private TraceLog(Logger logger) {
        this.logger = logger;
    }

    public static TraceLog of(Class<?> type) {
        return of(type.getName());
    }

    public static TraceLog of(String name) {
        return new TraceLog(Logger.getLogger(name));
    }

    /** Whether lines of a level are written; for lines that are expensive to create. */
    public boolean isOn(org.jboss.logging.Logger.Level level) {
        return logger.isLoggable(levelOf(level));
    }

    /** @param format as in {@link String#format} */
    public void log(org.jboss.logging.Logger.Level level, Traced about, String format, @Nullable Object... values) {
        write(levelOf(level), about, null, format, values);
    }

    public void debugf(Traced about, String format, @Nullable Object... values) {
        write(org.jboss.logmanager.Level.DEBUG, about, null, format, values);
    }

    public void infof(Traced about, String format, @Nullable Object... values) {
        write(org.jboss.logmanager.Level.INFO, about, null, format, values);
    }

    public void warnf(Traced about, String format, @Nullable Object... values) {
        write(org.jboss.logmanager.Level.WARN, about, null, format, values);
    }

    public void warnf(Traced about, @Nullable Throwable failure, String format, @Nullable Object... values) {
        write(org.jboss.logmanager.Level.WARN, about, failure, format, values);
    }

    public void errorf(Traced about, @Nullable Throwable failure, String format, @Nullable Object... values) {
        write(org.jboss.logmanager.Level.ERROR, about, failure, format, values);
    }

    private void write(
            Level level, Traced about, @Nullable Throwable failure, String format, @Nullable Object... values) {
        if (logger.isLoggable(level)) {
            var line = new ExtLogRecord(level, format, ExtLogRecord.FormatStyle.PRINTF, SELF);
            line.setLoggerName(logger.getName());
            line.setParameters(values);
            line.setThrown(failure);
            line.putMdc(TRACE_ID, about.traceId());
            logger.logRaw(line);
        }
    }

    private static Level levelOf(org.jboss.logging.Logger.Level level) {
        return switch (level) {
            case FATAL -> org.jboss.logmanager.Level.FATAL;
            case ERROR -> org.jboss.logmanager.Level.ERROR;
            case WARN -> org.jboss.logmanager.Level.WARN;
            case INFO -> org.jboss.logmanager.Level.INFO;
            case DEBUG -> org.jboss.logmanager.Level.DEBUG;
            case TRACE -> org.jboss.logmanager.Level.TRACE;
        };
    }
}
