package org.pmsevents.platform.identity;

import jakarta.inject.Singleton;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/** The name of this replica: begins with the name of its host, so that people find it, and is new at every start. */
@Singleton
public class ReplicaName {
    private static final int LONGEST_HOST = 80;

    private final String value = host(System.getenv().getOrDefault("HOSTNAME", "")) + "-"
            + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());

    /** Letters, digits, dots and hyphens. */
    public String value() {
        return value;
    }

    private static String host(String name) {
        var clean = name.replaceAll("[^A-Za-z0-9.-]", "");
        return clean.isEmpty() ? "replica" : clean.substring(0, Math.min(LONGEST_HOST, clean.length()));
    }
}
