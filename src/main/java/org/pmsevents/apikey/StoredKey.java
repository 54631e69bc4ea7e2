package org.pmsevents.apikey;

import io.vertx.core.buffer.Buffer;
import java.security.MessageDigest;
import java.time.Instant;
import org.pmsevents.http.security.AllowedLocations;
import org.pmsevents.http.security.Caller;
import org.pmsevents.http.security.Roles;

/** A key with the hash of its text. */
record StoredKey(ApiKey key, Buffer hash) {
    /** Compares in constant time. */
    boolean is(KeyText sent) {
        return MessageDigest.isEqual(hash.getBytes(), sent.hash());
    }

    boolean isExpired(Instant now) {
        var expires = key.expiresAt();
        return expires != null && !now.isBefore(expires);
    }

    Caller caller() {
        return Caller.withKey(
                key.id(),
                key.name(),
                Roles.including(key.roles()),
                key.expiresAt(),
                new AllowedLocations(key.locations()));
    }
}
