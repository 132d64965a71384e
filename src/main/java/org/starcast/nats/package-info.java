/** Publishing to the clients of a cluster from programs that are no node of it. */
package org.starcast.nats;
