package org.pmsevents.faults;

import java.util.Random;

/** Something that happens in production, and that the service has to recover from by itself. */
record Fault(String name, Strike strike) {

    /** Breaks something, keeps it so for as long as it takes to matter, mends it, and says when ({@link Ground#mended}). */
    @FunctionalInterface
    interface Strike {
        /** @param chance decides what the fault leaves open, such as which replica and for how long */
        void on(Ground ground, Random chance) throws Exception;
    }
}
