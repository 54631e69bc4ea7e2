/**
 * Who hears of which events, on one page.
 *
 * <p>Uses every room that is heard or hears. Nobody uses it.
 */
package org.pmsevents.wiring;
