package org.starcast.delivery;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * The encoded bytes of one message, shared by all clients that it waits for. The bytes are
 * immutable once it is queued.
 */
final class Frame {

  final byte[] bytes;
  final int length;

  /** The place in the order of events; 0 for a frame outside of it. */
  final long sequence;

  /** Equal keys replace each other under {@code COALESCE}; or null. */
  final String coalesceKey;

  /** Null for a permanent frame. */
  private final Budget budget;

  /** Queues that hold it; negative while the publisher still adds them up. */
  private final AtomicInteger holders = new AtomicInteger();

  private volatile byte[] deflated;

  Frame(byte[] bytes, int length, long sequence, String coalesceKey, Budget budget) {
    this.bytes = bytes;
    this.length = length;
    this.sequence = sequence;
    this.coalesceKey = coalesceKey;
    this.budget = budget;
    if (budget != null) {
      budget.add(length);
    }
  }

  /** A frame that is used again and again, such as the heartbeat; nobody counts it. */
  static Frame permanent(byte[] bytes) {
    return new Frame(bytes, bytes.length, 0, null, null);
  }

  /**
   * Says how many queues took it. Called once by the publisher, after it has queued the frame
   * everywhere: one addition in place of one for each client.
   */
  void heldBy(int queues) {
    if (budget != null && holders.addAndGet(queues) == 0) {
      budget.subtract(length);
    }
  }

  /** A queue let go of it. */
  void release() {
    if (budget != null && holders.decrementAndGet() == 0) {
      budget.subtract(length);
    }
  }

  /** The bytes as a piece of a gzip stream, made once for all clients. */
  byte[] deflated(Gzip gzip) {
    byte[] made = deflated;
    if (made == null) {
      made = gzip.deflate(bytes, length);
      deflated = made;
    }
    return made;
  }
}
