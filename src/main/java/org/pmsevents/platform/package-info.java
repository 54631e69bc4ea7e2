/**
 * What knows no event and no product: configuration, database, JSON, paging, tracing, periodic work, shutdown; and the order of start-up.
 *
 * <p>Uses no other room.
 */
package org.pmsevents.platform;
