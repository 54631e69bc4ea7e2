/**
 * Spans and trace ids as values, and their export over OTLP.
 *
 * <p>Uses nothing of the project. Promises that tracing costs a look at a trace id where it is off, and never blocks.
 */
package org.pmsevents.platform.tracing;
