package org.pmsevents.platform.config;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** What all parts of the service share in Redis. */
@RegisterForReflection
@ConfigMapping(prefix = "pms-events.redis")
public interface RedisConfig {
    /** The first part of all names of keys and channels in Redis, for services that share a Redis. One service uses one value on all replicas. */
    @WithDefault("pms-events")
    String prefix();
}
