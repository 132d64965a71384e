package org.starcast.internal.engine;

/** What became of a frame that was offered. */
enum Offer {
  /** It waits. */
  QUEUED,
  /** It waits; older frames were dropped, or replaced, for it. */
  REPLACED,
  /** It does not wait: the client will read it from the log. */
  LOGGED,
  /** The queue was full: the client is being closed. */
  OVERFLOWED,
  /** It is not for the client: it was closed before, or has it. */
  GONE
}
