/**
 * The pool, transactions and their failures. SQL stands in the tables of each room, not here.
 *
 * <p>Uses platform.tracing. Promises that a transaction ends by itself when its replica stops answering, and that an
 * unknown outcome is named as such.
 */
package org.pmsevents.platform.database;
