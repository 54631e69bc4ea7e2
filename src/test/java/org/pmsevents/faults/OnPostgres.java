package org.pmsevents.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.pmsevents.Waiting.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.pmsevents.dev.OwnServers;
import org.pmsevents.faults.Caller.Call;

/** What happens to PostgreSQL. */
final class OnPostgres {
    private static final Duration LOCKED = Duration.ofSeconds(15);
    private static final int MOST_IN_LAST_PAGES = 1_000;

    private OnPostgres() {}

    static List<Fault> all() {
        var all = new ArrayList<>(List.of(
                new Fault("PostgreSQL cuts all connections", OnPostgres::cutConnections),
                new Fault("PostgreSQL unreachable", OnPostgres::takeAway),
                new Fault("database read-only", OnPostgres::readOnly),
                new Fault("transaction left open", OnPostgres::leaveOpen),
                new Fault("stock row locked for 15 s", OnPostgres::lockRow),
                new Fault("database goes back", EarlierState::goBack)));
        if (System.getenv("QUARKUS_DATASOURCE_REACTIVE_URL") == null) {
            // only what this run has started, and nobody else uses
            all.add(new Fault("PostgreSQL crashes and restarts", OnPostgres::crash));
            if (OwnServers.poolerSettings().isEmpty()) {
                all.add(new Fault("standby promoted, in step", OnPostgres::promoteInStep));
                all.add(new Fault("standby promoted, behind", OnPostgres::promoteBehind));
            }
            if (SmallDisk.isPossible()) {
                all.add(new Fault("disk full", OnPostgres::fillDisk));
            }
        }
        return all;
    }

    private static void cutConnections(Ground ground, Random chance) throws SQLException {
        ground.mended();
        ground.terminateConnections();
    }

    private static void takeAway(Ground ground, Random chance) {
        ground.cluster().postgres().takeAway();
        try {
            ground.holdFor(chance, 2, 8);
        } finally {
            ground.cluster().postgres().bringBack();
            ground.mended();
        }
    }

    /** As after a failover to what is still a standby. */
    private static void readOnly(Ground ground, Random chance) throws SQLException {
        var database = ground.ask("SELECT current_database()");
        ground.execute("ALTER DATABASE " + database + " SET default_transaction_read_only = on");
        try {
            ground.terminateConnections();
            ground.holdFor(chance, 4, 12);
        } finally {
            ground.execute("ALTER DATABASE " + database + " RESET default_transaction_read_only");
            ground.mended();
        }
    }

    /** By whoever has forgotten it, with a transaction id of its own. */
    private static void leaveOpen(Ground ground, Random chance) throws SQLException {
        try (var forgotten = ground.database();
                var statement = forgotten.createStatement()) {
            forgotten.setAutoCommit(false);
            statement.execute("SELECT pg_current_xact_id()");
            ground.holdFor(chance, 4, 8);
            long head = ground.number("SELECT head FROM feed_head");
            await("the feed goes on")
                    .atMost(Ground.RECOVERED)
                    .until(() -> ground.number("SELECT head FROM feed_head") > head + 30);
            forgotten.rollback();
            ground.mended();
        }
    }

    /** Of one stock; all others are adjusted meanwhile. */
    private static void lockRow(Ground ground, Random chance) throws Exception {
        var shelves = ground.shop().shelves();
        var locked = ground.shop().anyShelf(chance);
        try (var holder = ground.database();
                var statement = holder.prepareStatement("SELECT 1 FROM stock WHERE sku = ? FOR UPDATE")) {
            holder.setAutoCommit(false);
            statement.setString(1, locked);
            statement.execute();
            long until = System.nanoTime() + LOCKED.toNanos();
            for (var sku : shelves) {
                if (!sku.equals(locked)) {
                    ground.shop().move(sku, 1, chance);
                }
            }
            await().atMost(LOCKED.plus(Ground.RECOVERED)).until(() -> System.nanoTime() >= until);
            holder.rollback();
            ground.mended();
        }
        ground.load().assertNothingUnexpected();
    }

    /** Nothing is lost, so nobody is told anything. */
    private static void promoteInStep(Ground ground, Random chance) throws Exception {
        var epoch = ground.epoch();
        var standby = new Standby(ground);
        try {
            standby.hasAll();
            ground.holdFor(chance, 1, 3);
            standby.promote();
        } finally {
            standby.waitsForNobody();
        }
        ground.mended();
        ground.awaitAcknowledged(20);
        assertThat(ground.epoch()).as("epoch").isEqualTo(epoch);
    }

    private static void promoteBehind(Ground ground, Random chance) throws Exception {
        var epoch = ground.epoch();
        var standby = new Standby(ground);
        long snapshot = System.nanoTime();
        standby.fallBehind();
        ground.awaitAcknowledged(chance.nextInt(10, 80));
        long head = Long.parseLong(standby.ask("SELECT head FROM feed_head"));
        await("events that will be lost")
                .atMost(Ground.RECOVERED)
                .until(() -> ground.number("SELECT head FROM feed_head") > head + 5);
        var at = String.valueOf(ground.ask("SELECT clock_timestamp()"));
        standby.promote();
        ground.mended();
        ground.awaitNewEpoch(epoch, at, snapshot, System.nanoTime());
    }

    private static void fillDisk(Ground ground, Random chance) throws Exception {
        try (var disk = new SmallDisk(ground)) {
            Call unanswered;
            try {
                disk.fill();
                unanswered = sellUntilUnanswered(ground, chance);
                ground.holdFor(chance, 2, 6);
            } finally {
                disk.free();
                ground.mended();
            }
            ground.shop().moved(unanswered, ground.caller().ask(unanswered, chance));
        }
    }

    /** PostgreSQL may have room yet in the pages that it has. */
    private static Call sellUntilUnanswered(Ground ground, Random chance) throws InterruptedException {
        var shop = ground.shop();
        for (int i = 0; i < MOST_IN_LAST_PAGES; i++) {
            var call = shop.adjustment(shop.anyShelf(chance), 1);
            var answer = ground.caller().askOnce(ground.fleet().any(chance).address(), call, 1);
            if (answer == null) {
                return call;
            }
            shop.moved(call, answer);
        }
        throw new AssertionError("there is room yet");
    }

    /** A backend is killed: PostgreSQL then ends all others, and recovers from its log. */
    private static void crash(Ground ground, Random chance) throws Exception {
        var pid = String.valueOf(ground.ask("SELECT min(pid) FROM pg_stat_activity WHERE datname = current_database()"
                + " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"));
        assertThat(Files.readString(Path.of("/proc", pid, "comm"))).startsWith("postgres");
        ground.mended();
        ProcessHandle.of(Long.parseLong(pid)).orElseThrow().destroyForcibly();
        await("PostgreSQL is there again")
                .atMost(Ground.RECOVERED)
                .ignoreExceptions()
                .until(() -> {
                    ground.ask("SELECT 1");
                    return !ProcessHandle.of(Long.parseLong(pid))
                            .map(ProcessHandle::isAlive)
                            .orElse(false);
                });
    }
}
