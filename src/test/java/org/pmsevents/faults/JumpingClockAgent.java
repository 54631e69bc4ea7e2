package org.pmsevents.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.security.ProtectionDomain;
import org.jspecify.annotations.Nullable;

/** In the process of a replica: replaces the class that reads the machine's clock. One class, which needs nothing but the JDK. */
public final class JumpingClockAgent implements ClassFileTransformer {
    /** The code of that class, in the agent's jar. */
    static final String CODE = "MachineClock.code";

    private final byte[] code;

    private JumpingClockAgent(byte[] code) {
        this.code = code;
    }

    /** @param file holds by how many milliseconds the clock is wrong */
    public static void premain(String file, Instrumentation instrumentation) {
        System.setProperty("faults.clock", file);
        try (var in = JumpingClockAgent.class.getClassLoader().getResourceAsStream(CODE)) {
            instrumentation.addTransformer(new JumpingClockAgent(in.readAllBytes()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public byte @Nullable [] transform(
            @Nullable ClassLoader loader,
            @Nullable String name,
            @Nullable Class<?> redefined,
            @Nullable ProtectionDomain domain,
            byte[] buffer) {
        return "org/pmsevents/platform/clock/MachineClock".equals(name) ? code : null;
    }
}
