package org.pmsevents.app;

import io.quarkus.runtime.ApplicationLifecycleManager;
import io.quarkus.runtime.QuarkusBindException;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.ConfigValidationException;
import java.sql.SQLException;
import java.util.Locale;
import org.eclipse.microprofile.config.ConfigProvider;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.database.UnfitDatabaseException;

/** Reports why the service can't start: in one line if the operator can fix it, otherwise with the stack trace. */
final class StartFailure {
    private static final Logger LOG = Logger.getLogger(StartFailure.class);

    private StartFailure() {}

    /** Exits the process; in dev mode, lets it wait for a change. */
    static void end(int code, @Nullable Throwable failure) {
        if (failure != null && code != 0) {
            var line = line(failure);
            if (line == null) {
                LOG.error("PMS Events can't start.", failure);
            } else {
                System.err.println("PMS Events can't start. " + line);
            }
        }
        ApplicationLifecycleManager.getDefaultExitCodeHandler().accept(code, failure);
    }

    /** Null if the operator can't fix it. */
    static @Nullable String line(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            var line = advice(cause);
            if (line != null) {
                return line;
            }
        }
        return null;
    }

    private static @Nullable String advice(Throwable cause) {
        if (cause instanceof QuarkusBindException bind) {
            return Ports.advice(bind.getPort(), ConfigProvider.getConfig(), StartFailure::variable);
        }
        if (cause instanceof SQLException refusal) {
            return advice(refusal);
        }
        if (cause instanceof UnfitDatabaseException) {
            return message(cause);
        }
        // the service's own message about a setting names the variable
        if (cause instanceof ConfigValidationException
                || cause instanceof ConfigurationException
                || (cause instanceof IllegalStateException && message(cause).contains("PMS_EVENTS_"))) {
            return message(cause);
        }
        return null;
    }

    /** Chosen by the class of the SQL state: connection, login, unknown database, missing privilege. */
    private static @Nullable String advice(SQLException refusal) {
        var state = String.valueOf(refusal.getSQLState());
        if (state.startsWith("08")) {
            return "PostgreSQL can't be reached. Is QUARKUS_DATASOURCE_REACTIVE_URL right, and is the server running? "
                    + message(refusal);
        }
        if (state.startsWith("28")) {
            return "PostgreSQL refuses the login. Are QUARKUS_DATASOURCE_USERNAME and QUARKUS_DATASOURCE_PASSWORD"
                    + " right? "
                    + message(refusal);
        }
        if (state.equals("3D000")) {
            return "PostgreSQL has no such database. Is the name in QUARKUS_DATASOURCE_REACTIVE_URL right? "
                    + message(refusal);
        }
        return state.equals("42501")
                ? "The user QUARKUS_DATASOURCE_USERNAME may not change tables in the database. " + message(refusal)
                : null;
    }

    /** On one line, and without a password. */
    static String message(Throwable failure) {
        return String.valueOf(failure.getMessage())
                .replaceAll("\\s+", " ")
                .replaceAll("//[^@/ ]*@", "//")
                .replaceAll("password=[^& ]*", "password=…");
    }

    /** {@code quarkus.http.port} is {@code QUARKUS_HTTP_PORT}. */
    static String variable(String property) {
        return property.replace('.', '_').toUpperCase(Locale.ROOT);
    }
}
