/**
 * Serving the files of the dashboard.
 *
 * <p>Uses nothing of the project. Promises that a browser never keeps an old file.
 */
package org.pmsevents.dashboard;
