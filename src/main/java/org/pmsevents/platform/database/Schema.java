package org.pmsevents.platform.database;

import io.smallrye.mutiny.Uni;
import io.vertx.mutiny.core.Vertx;
import jakarta.enterprise.context.ApplicationScoped;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;

/**
 * Checks whether the database has all migrations that this version knows. A replica that does not migrate itself waits until they
 * are done.
 */
@ApplicationScoped
public class Schema {
    private final Flyway flyway;
    private final Vertx vertx;
    private volatile boolean current;

    Schema(Flyway flyway, Vertx vertx) {
        this.flyway = flyway;
        this.vertx = vertx;
    }

    /**
     * Completes if all migrations are done. Fails with {@link NotMigratedException} if not, and with another exception if that is
     * unknown.
     */
    public Uni<Void> requireCurrent() {
        return current
                ? Uni.createFrom().voidItem()
                : vertx.executeBlocking(() -> flyway.info().pending(), false)
                        .onFailure(FlywayException.class)
                        .transform(Schema::inOneLine)
                        .invoke(this::judge)
                        .replaceWithVoid();
    }

    /** Whether the migrations were done at the last check; once done they stay done. */
    public boolean isCurrent() {
        return current;
    }

    /** Flyway's message has several lines. */
    private static Throwable inOneLine(Throwable failure) {
        return new IllegalStateException(
                "the migrations can't be read: "
                        + String.valueOf(failure.getMessage()).replaceAll("-{3,}|\\s+", " "),
                failure);
    }

    private void judge(MigrationInfo[] pending) {
        if (pending.length > 0) {
            throw new NotMigratedException(pending.length, pending[0].getScript());
        }
        current = true;
    }

    /** The database lacks migrations. */
    public static final class NotMigratedException extends RuntimeException {
        private static final long serialVersionUID = 1;

        NotMigratedException(int pending, String first) {
            super("The database lacks " + pending + " migrations, from " + first
                    + " on. Run this version of the service with"
                    + " the command migrate, or without QUARKUS_FLYWAY_MIGRATE_AT_START=false; until then this replica"
                    + " waits and is not ready.");
        }
    }
}
