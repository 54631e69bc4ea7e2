/**
 * Faults by a schedule that can be replayed: a load on three replicas, what befalls them, Redis, PostgreSQL and the network at random,
 * and what has to be true after each fault.
 */
@NullMarked
package org.pmsevents.faults;

import org.jspecify.annotations.NullMarked;
