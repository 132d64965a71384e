/**
 * Who is there: {@link org.starcast.presence.Presence} knows the users on each topic, and notifies
 * of who joins and leaves; {@link org.starcast.presence.Cluster} knows the nodes.
 */
package org.starcast.presence;
