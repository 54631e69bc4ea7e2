/**
 * What a replica is called, and the ids it makes.
 *
 * <p>Uses nothing of the project. Promises ids that are unique in the cluster and sort by their time.
 */
package org.pmsevents.platform.identity;
