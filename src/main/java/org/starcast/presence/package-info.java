/**
 * Who is there: {@link org.starcast.presence.Presence} knows the users on each topic, and tells who
 * joins and leaves.
 */
package org.starcast.presence;
