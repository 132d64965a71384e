package org.starcast.internal.engine;

import java.lang.ref.SoftReference;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.starcast.internal.wire.SseFormat;
import org.starcast.internal.writer.Gzip;
import org.starcast.spi.StoredEvent;

/**
 * One message, encoded: shared by all clients that it waits for, and by the log. The bytes are
 * immutable once it is queued.
 */
final class Frame extends StoredEvent {

  /** Equal keys replace each other under {@code COALESCE}; or null. */
  final String coalesceKey;

  /** Whether it is a message of the application, which the accounts have to account for. */
  final boolean counted;

  /** When it was published, of {@link System#nanoTime}; 0 for what was not, or is read again. */
  final long published;

  /** The span of its publication, for {@link Tracing}; or null. */
  final Object span;

  /** Null for a frame that nobody counts. */
  private final MemoryGovernor memory;

  /** Queues that hold it; negative while the publisher still adds them up. */
  private final AtomicInteger holders = new AtomicInteger();

  /** A copy that gives way when the heap gets tight: what the log keeps is bounded without it. */
  private volatile SoftReference<byte[]> deflated;

  private volatile Frame withoutId;

  /** An event in the order of events; its bytes are shared. */
  Frame(StoredEvent event, String coalesceKey, long published, Object span, MemoryGovernor memory) {
    super(event, coalesceKey);
    this.coalesceKey = coalesceKey;
    this.counted = true;
    this.published = published;
    this.span = span;
    this.memory = memory;
    count();
  }

  private Frame(StoredEvent event, String coalesceKey, boolean counted, MemoryGovernor memory) {
    super(event, coalesceKey);
    this.coalesceKey = coalesceKey;
    this.counted = counted;
    this.published = 0;
    this.span = null;
    this.memory = memory;
    count();
  }

  /** A message to one client. */
  static Frame toOne(byte[] bytes, String coalesceKey, MemoryGovernor memory) {
    return new Frame(bare(0, bytes), coalesceKey, true, memory);
  }

  /** A frame that is used again and again, such as the heartbeat; nobody counts it. */
  static Frame permanent(byte[] bytes) {
    return permanent(0, bytes);
  }

  /** As {@link #permanent(byte[])}, with the id of this event. */
  static Frame permanent(long sequence, byte[] bytes) {
    return new Frame(bare(sequence, bytes), null, false, null);
  }

  private static StoredEvent bare(long sequence, byte[] bytes) {
    return new StoredEvent(sequence, 0, List.of(), null, List.of(), bytes, bytes.length);
  }

  private void count() {
    if (memory != null) {
      memory.add(held());
    }
  }

  /** The bytes of memory that queues hold by it. */
  private int held() {
    return length() + addressWeight();
  }

  /** What stands in the log for events up to this one that nobody has. */
  static Frame hole(long sequence, long time) {
    return kept(new StoredEvent(sequence, time, List.of(), null, List.of(), null, 0));
  }

  /** An event of a former run, for the log alone: no queue has an older one of the same key. */
  static Frame kept(StoredEvent event) {
    return new Frame(event, null, false, null);
  }

  /** An event as the log had it before, to be queued once more. */
  static Frame again(Frame event, boolean counted, MemoryGovernor memory) {
    Frame frame = new Frame(event, event.coalesceKey, counted, memory);
    frame.deflated = event.deflated;
    return frame;
  }

  /** Whether it is no message, but written by the library for itself, as heartbeats are. */
  boolean isPermanent() {
    return memory == null;
  }

  /**
   * Says how many queues took it. Called once by the publisher, after it has queued the frame
   * everywhere: one addition in place of one for each client.
   */
  void heldBy(int queues) {
    if (memory != null && holders.addAndGet(queues) == 0) {
      memory.subtract(held());
    }
  }

  /** A queue let go of it. */
  void release() {
    if (memory != null && holders.decrementAndGet() == 0) {
      memory.subtract(held());
    }
  }

  /** The same without its id line, if it has one; made once for all clients. */
  Frame withoutId() {
    Frame made = withoutId;
    if (made == null) {
      made = permanent(SseFormat.withoutId(bytes(), length()));
      withoutId = made;
    }
    return made;
  }

  /** The bytes as a piece of a gzip stream, made once for all clients unless the heap is tight. */
  byte[] deflated(Gzip gzip) {
    SoftReference<byte[]> kept = deflated;
    byte[] made = kept == null ? null : kept.get();
    if (made == null) {
      made = gzip.deflate(bytes(), length());
      deflated = new SoftReference<>(made);
    }
    return made;
  }
}
