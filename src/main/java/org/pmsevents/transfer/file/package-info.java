/**
 * Reading files of products and stock: the text, its records, their columns and values. Calculates only, so that every kind of dirty file
 * can be tested without a server.
 *
 * <p>Uses platform. Promises that a record is read as it was written or refused with its line, its column and what to do;
 * and that memory is bounded by {@link org.pmsevents.transfer.file.RecordSplitter#LONGEST}, whatever the file holds.
 */
package org.pmsevents.transfer.file;
