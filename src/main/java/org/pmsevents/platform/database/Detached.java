package org.pmsevents.platform.database;

import io.smallrye.mutiny.Uni;
import java.util.function.Supplier;

/** Work that runs to its end once begun, even if its caller leaves. */
public final class Detached {
    private Detached() {}

    /** A caller that leaves, such as a client that disconnects, only stops listening. */
    public static <T> Uni<T> of(Supplier<Uni<T>> work) {
        return Uni.createFrom()
                .emitter(caller ->
                        Uni.createFrom().deferred(work::get).subscribe().with(caller::complete, caller::fail));
    }
}
