/**
 * Telling the admins: log, WebSocket, signed webhook.
 *
 * <p>Uses event, http, platform and queue. Promises one alert of a key in a window, however many replicas raise it.
 */
package org.pmsevents.alert;
