package org.pmsevents.app;

import io.quarkus.runtime.Quarkus;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** The command {@code migrate}: brings the database up to date and ends, before replicas come that are told not to migrate. */
final class MigrateCommand {
    private MigrateCommand() {}

    /** Ends the process: with 0 if the database is up to date now, else with 1 and one line that says why not. */
    static void run() {
        System.setProperty("quarkus.flyway.migrate-at-start", "true");
        // Quarkus' own mode for this: what comes after the migrations, from the HTTP server on, doesn't begin.
        System.setProperty("quarkus.init-and-exit", "true");
        // The failure is told below, without its stack trace.
        System.setProperty("quarkus.log.category.\"io.quarkus.runtime\".level", "OFF");
        Quarkus.run(null, MigrateCommand::end);
    }

    private static void end(int code, @Nullable Throwable failure) {
        if (failure != null && code != 0) {
            System.err.println(
                    "PMS Events can't migrate the database. Is QUARKUS_DATASOURCE_REACTIVE_URL (or, where that is"
                            + " a pooler, PMS_EVENTS_MIGRATION_URL) right, and may the user change tables? "
                            + cause(failure));
        } else if (code == 0) {
            System.out.println("The database is up to date.");
        }
        System.exit(code);
    }

    /** What PostgreSQL or its driver says, where they say anything: it names the server. */
    private static String cause(Throwable failure) {
        var telling = failure;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException || !(telling instanceof SQLException)) {
                telling = cause;
            }
        }
        return StartFailure.message(telling);
    }
}
