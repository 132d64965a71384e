package org.starcast.internal.engine;

/**
 * Who may touch a client's writer. From the moment that a client enters its drain thread's list
 * until that thread has left it, it is {@link #SCHEDULED} or {@link #SCHEDULED_AGAIN}, so one
 * thread at a time writes to it, and whoever makes it {@code SCHEDULED} puts it into the list.
 *
 * <pre>
 *            something to do                          something more to do
 *   IDLE ───────────────────────► SCHEDULED ────────────────────────────────► SCHEDULED_AGAIN
 *    ▲                             │  ▲  ▲ ▲                                          │
 *    └──── the cycle did it all ───┤  │  │ └────── the cycle ends: another one ───────┘
 *                                  │  │  │
 *      the writer takes no more ───┘  │  └── a cycle begins: what comes before it is in it
 *                  ▼                  │
 *               BLOCKED ──────────────┘ the writer takes more, or the stream is aborted
 * </pre>
 *
 * <p>As the drain status of Caffeine's {@code BoundedLocalCache}. A client keeps the {@link #code},
 * not the constant: it changes with every event, and the garbage collector would note each change
 * of a reference.
 */
enum WriteStatus {
  /** Nothing to do. */
  IDLE,
  /** In the drain thread's list, or in its cycle. */
  SCHEDULED,
  /** In its cycle, and there is more to do than the cycle began with. */
  SCHEDULED_AGAIN,
  /** The writer takes nothing until it says so. */
  BLOCKED;

  private static final WriteStatus[] ALL = values();

  byte code() {
    return (byte) ordinal();
  }

  static WriteStatus of(byte code) {
    return ALL[code];
  }
}
