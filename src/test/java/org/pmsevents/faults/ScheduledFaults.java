package org.pmsevents.faults;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Whatever happens to replicas, Redis, PostgreSQL and the network between them: what was acknowledged is there once, subscribers have
 * each event once and in order or were told of a reset, and all is well again by itself.
 *
 * <p>The faults and what they leave to chance are given by a seed; when the clients' requests meet them is not. {@link Settings} says how a
 * run is repeated, or made longer. A disk is filled only where the tests may mount a file system; faults of PostgreSQL's processes are left
 * out where the environment names a PostgreSQL.
 */
class ScheduledFaults {
    private final Settings settings = Settings.ofProperties();
    private final Report report = new Report();
    private final long begun = System.nanoTime();

    @Test
    void nothingAcknowledgedIsLostAndAllIsWellAgainAfterEachFault() throws Exception {
        say(
                "faults of %s, until %d s from now",
                settings.replay(), settings.length().toSeconds());
        var schedule = new Schedule(settings.seed(), LostAnswer.toTheClient(), faults());
        try (var ground = new Ground(settings.seed())) {
            say("three replicas have begun");
            var checks = new Checks(ground);
            try {
                ground.awaitWell();
                while (sinceBegun().compareTo(settings.length()) < 0) {
                    one(ground, checks, schedule);
                }
                ground.load().pause();
                checks.everyReplicaWorks();
            } catch (Exception | AssertionError e) {
                throw new AssertionError(
                        "after " + schedule.drawn() + " faults; for the same again: " + settings.replay() + "\n" + e,
                        e);
            } finally {
                System.out.println(report.table() + report.totals(ground));
                say("at most %d MiB of a heap were in use after a fault", checks.mostInUse() >> 20);
            }
        }
    }

    private List<Fault> faults() throws IOException {
        return Stream.of(
                        OnReplicas.all(),
                        OnRedis.all(),
                        OnNetwork.all(),
                        OnPostgres.all(),
                        OnSeveral.all(),
                        LostAnswer.all())
                .flatMap(List::stream)
                .filter(settings::wants)
                .toList();
    }

    private void one(Ground ground, Checks checks, Schedule schedule) throws Exception {
        var fault = schedule.next();
        say("%d: %s", schedule.drawn(), fault.name());
        fault.strike().on(ground, schedule.chance());
        ground.awaitWell();
        var recovery = ground.sinceMended();
        report.recovered(fault, recovery);
        ground.load().pause();
        try {
            checks.all();
        } finally {
            ground.load().goOn();
        }
        say(
                "%d: well after %s, checked after %s; %d changes acknowledged",
                schedule.drawn(),
                Report.seconds(recovery),
                Report.seconds(ground.sinceMended()),
                ground.shop().promises().count());
        ground.awaitAcknowledged(20);
    }

    private Duration sinceBegun() {
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    private void say(String what, Object... values) {
        System.out.printf("%6s  %s%n", sinceBegun().toSeconds() + " s", what.formatted(values));
    }
}
