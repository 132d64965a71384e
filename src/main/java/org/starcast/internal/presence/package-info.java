/**
 * How it is known who is there: this node's connections, the replicated state of all nodes, and the
 * nodes themselves.
 */
package org.starcast.internal.presence;
