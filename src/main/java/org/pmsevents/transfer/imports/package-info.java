/**
 * Imports: a file is stored as it arrives, and worked off by a job in chunks.
 *
 * <p>Uses transfer.file, product, inventory, queue, cache, event, http and platform. Promises that each line is applied once, whatever
 * becomes of the replica: a chunk's changes and the place where the next one begins are one transaction.
 */
package org.pmsevents.transfer.imports;
