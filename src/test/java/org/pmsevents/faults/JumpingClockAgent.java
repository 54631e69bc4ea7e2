package org.pmsevents.faults;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.security.ProtectionDomain;
import org.jspecify.annotations.Nullable;

/** In the process of a replica: replaces the class that reads the machine's clock. Needs nothing but the JDK. */
public final class JumpingClockAgent {
    /** The code of that class, in the agent's jar. */
    static final String CODE = "MachineClock.code";

    private JumpingClockAgent() {}

    /** @param file holds by how many milliseconds the clock is wrong */
    public static void premain(String file, Instrumentation instrumentation) {
        System.setProperty("faults.clock", file);
        var code = code();
        instrumentation.addTransformer(new ClassFileTransformer() {
            @Override
            public byte @Nullable [] transform(
                    @Nullable ClassLoader loader,
                    @Nullable String name,
                    @Nullable Class<?> redefined,
                    @Nullable ProtectionDomain domain,
                    byte[] buffer) {
                return "org/pmsevents/platform/clock/MachineClock".equals(name) ? code : null;
            }
        });
    }

    private static byte[] code() {
        try (var in = JumpingClockAgent.class.getClassLoader().getResourceAsStream(CODE)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
