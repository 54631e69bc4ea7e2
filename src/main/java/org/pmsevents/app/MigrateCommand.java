package org.pmsevents.app;

import io.quarkus.runtime.Quarkus;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.pmsevents.platform.database.UnfitDatabaseException;

/**
 * The command {@code migrate}: migrates the database and exits, for deployments whose replicas are configured not to migrate. The command
 * {@code renew-feed} also begins a new epoch of the feed and cancels the jobs that a copy has inherited.
 */
final class MigrateCommand {
    /** The SQL state of RAISE EXCEPTION. */
    private static final String RAISED = "P0001";

    private MigrateCommand() {}

    /** Exits with 0 if the database is up to date, otherwise with 1 and one line that gives the reason. */
    static void run(boolean renewsFeed) {
        run(
                // afterMigrate__renew_feed.sql asks for it
                renewsFeed ? "SET pms_events.renew_feed = 'true'" : null, () -> {
                    System.out.println("The database is up to date.");
                    if (renewsFeed) {
                        System.out.println("The feed has begun a new epoch. Jobs for the PMS and the alert webhook are"
                                + " cancelled.");
                    }
                });
    }

    /**
     * The same, and something else that is done with it.
     *
     * @param setting SQL that sets what the scripts after the migrations ask for; null if there is nothing
     * @param done says what was done
     */
    static void run(@Nullable String setting, Runnable done) {
        if (setting != null) {
            System.setProperty("quarkus.flyway.init-sql", setting);
        }
        System.setProperty("quarkus.flyway.migrate-at-start", "true");
        // Quarkus exits after the migrations: the HTTP server and everything after it does not start.
        System.setProperty("quarkus.init-and-exit", "true");
        // The failure is reported below, without its stack trace.
        System.setProperty("quarkus.log.category.\"io.quarkus.runtime\".level", "OFF");
        Quarkus.run(null, (code, failure) -> end(done, code, failure));
    }

    private static void end(Runnable done, int code, @Nullable Throwable failure) {
        var unfit = failure == null ? null : unfit(failure);
        var refused = failure == null ? null : refused(failure);
        if (refused != null) {
            System.err.println(refused);
        } else if (unfit != null) {
            System.err.println("PMS Events can't migrate the database. " + StartFailure.message(unfit));
        } else if (failure != null && code != 0) {
            System.err.println(
                    "PMS Events can't migrate the database. Is QUARKUS_DATASOURCE_REACTIVE_URL (or, where that is"
                            + " a pooler, PMS_EVENTS_MIGRATION_URL) right, and may the user change tables? "
                            + cause(failure));
        } else if (code == 0) {
            done.run();
        }
        System.exit(code);
    }

    /** What a script of ours has said when it refused what was asked for; null if it was nothing of the kind. */
    private static @Nullable String refused(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && RAISED.equals(sql.getSQLState())) {
                return String.valueOf(sql.getMessage())
                                .lines()
                                .findFirst()
                                .orElse("")
                                .replaceFirst("^ERROR: ", "") + ".";
            }
        }
        return null;
    }

    private static @Nullable Throwable unfit(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnfitDatabaseException) {
                return cause;
            }
        }
        return null;
    }

    /** The message of PostgreSQL or its driver if there is one, because it names the server. */
    private static String cause(Throwable failure) {
        var reported = failure;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException || !(reported instanceof SQLException)) {
                reported = cause;
            }
        }
        return StartFailure.message(reported);
    }
}
