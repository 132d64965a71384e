package org.starcast.internal.engine;

import org.starcast.SseClient.State;

/**
 * The stages of a client's life.
 *
 * <pre>
 *   CONNECTING ──► OPEN ──► DRAINING ──► CLOSED
 *        │           │         │           ▲
 *        ├───────────┼─────────┤           │
 *        │           └────┬────┘           │
 *        └──────────► ABORTING ────────────┘
 * </pre>
 *
 * <p>A client that is closed before its response has opened goes from {@code CONNECTING} to {@code
 * DRAINING}. The step to {@code CLOSED} is the drain thread's, which then ends the response.
 */
enum Lifecycle {
  /** Registered; the container has not yet taken the first bytes. */
  CONNECTING(State.CONNECTING),
  /** Events flow. */
  OPEN(State.OPEN),
  /** Takes no more, and writes what it was given before. */
  DRAINING(State.CLOSING),
  /** Takes no more, and writes no more. */
  ABORTING(State.CLOSING),
  /** The response has ended, or has been given up. */
  CLOSED(State.CLOSED);

  private final State state;

  Lifecycle(State state) {
    this.state = state;
  }

  /** What applications see of it. */
  State state() {
    return state;
  }

  /** Whether it takes messages. */
  boolean takes() {
    return this == OPEN || this == CONNECTING;
  }

  /** Whether what it has is not written any more. */
  boolean isOver() {
    return this == ABORTING || this == CLOSED;
  }
}
