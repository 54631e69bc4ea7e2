/**
 * What has changed, by position, and how sure a replica may be of it.
 *
 * <p>Uses cache and event. Promises that no entry older than the last change of its tag is taken for current.
 */
package org.pmsevents.cache.version;
