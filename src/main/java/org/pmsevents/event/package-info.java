/**
 * Event types, messages, their context and their encoding.
 *
 * <p>Uses platform. Knows no feature. Promises one wire form of an event everywhere.
 */
package org.pmsevents.event;
