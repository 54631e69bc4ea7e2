/**
 * The strict reader of bodies and the one writer.
 *
 * <p>Uses platform.problem. Promises that nothing is bent: numbers keep their digits, unknown and duplicate members
 * are reported.
 */
package org.pmsevents.platform.json;
