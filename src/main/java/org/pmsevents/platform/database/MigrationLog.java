package org.pmsevents.platform.database;

import org.flywaydb.core.api.callback.BaseCallback;
import org.flywaydb.core.api.callback.Context;
import org.flywaydb.core.api.callback.Event;
import org.flywaydb.core.api.output.MigrateResult;
import org.jboss.logging.Logger;

/** Logs one line for all migrations of a start; Flyway itself logs several, and one more for each migration. */
public final class MigrationLog extends BaseCallback {
    private static final Logger LOG = Logger.getLogger(MigrationLog.class);

    @Override
    public boolean supports(Event event, Context context) {
        return event == Event.AFTER_MIGRATE_OPERATION_FINISH;
    }

    @Override
    public void handle(Event event, Context context) {
        if (context.getOperationResult() instanceof MigrateResult result) {
            if (result.migrationsExecuted == 0) {
                LOG.infof("The database is at version %s: nothing to migrate", result.initialSchemaVersion);
            } else {
                LOG.infof(
                        "The database was migrated to version %s: %d migrations in %d ms",
                        result.targetSchemaVersion, result.migrationsExecuted, result.getTotalMigrationTime());
            }
        }
    }
}
