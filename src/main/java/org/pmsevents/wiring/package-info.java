/**
 * Which handlers and consumers receive which events.
 *
 * <p>Uses every room that emits or handles events. No room uses it.
 */
package org.pmsevents.wiring;
