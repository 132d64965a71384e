/**
 * What was published, kept for a while: the ids of events, the ring that clients catch up from, and
 * the latest state of topics. Bounded by count, bytes and age; nothing here writes to a client.
 * Optionally in files as well, so that it outlives the process.
 */
package org.starcast.internal.log;
