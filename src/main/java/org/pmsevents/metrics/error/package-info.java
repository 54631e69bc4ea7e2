/**
 * The rate of failed requests.
 *
 * <p>Uses metrics, event and platform. Promises one alert for the cluster while errors are high.
 */
package org.pmsevents.metrics.error;
