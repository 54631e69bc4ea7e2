/**
 * Counts, histograms and the settings of metrics.
 *
 * <p>Uses nothing of the project. Promises bounded memory.
 */
package org.pmsevents.metrics;
