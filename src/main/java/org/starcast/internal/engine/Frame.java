package org.starcast.internal.engine;

import java.lang.ref.SoftReference;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.starcast.internal.wire.SseFormat;
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

  /** Of the library's own frames, which are for one client or for all. */
  private static final int CONTROL = -1;

  /** Null for a frame that nobody counts. */
  private final MemoryGovernor memory;

  /** Queues that hold it; negative while the publisher still adds them up. */
  private final AtomicInteger holders = new AtomicInteger();

  /** The event that this is queued again of; or this. */
  private final Frame origin;

  /** For how many clients it is; 0 for unknown, or {@link #CONTROL}. A hint, without a lock. */
  private volatile int audience;

  /** Gives way when the heap gets tight: what the log keeps is bounded without it. */
  private volatile SoftReference<CompressedFrame> compressed;

  private volatile Frame withoutId;

  /** An event in the order of events; its bytes are shared. */
  Frame(StoredEvent event, String coalesceKey, long published, Object span, MemoryGovernor memory) {
    super(event, coalesceKey);
    this.coalesceKey = coalesceKey;
    this.counted = true;
    this.published = published;
    this.span = span;
    this.memory = memory;
    this.origin = this;
    count();
  }

  private Frame(
      StoredEvent event,
      String coalesceKey,
      boolean counted,
      MemoryGovernor memory,
      Frame origin,
      int audience) {
    super(event, coalesceKey);
    this.coalesceKey = coalesceKey;
    this.counted = counted;
    this.published = 0;
    this.span = null;
    this.memory = memory;
    this.origin = origin == null ? this : origin;
    this.audience = audience;
    count();
  }

  /** A message to one client. */
  static Frame toOne(byte[] bytes, String coalesceKey, MemoryGovernor memory) {
    return new Frame(bare(0, bytes), coalesceKey, true, memory, null, 1);
  }

  /** A frame that is used again and again, such as the heartbeat; nobody counts it. */
  static Frame permanent(byte[] bytes) {
    return permanent(0, bytes);
  }

  /** As {@link #permanent(byte[])}, with the id of this event. */
  static Frame permanent(long sequence, byte[] bytes) {
    return new Frame(bare(sequence, bytes), null, false, null, null, CONTROL);
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
    return new Frame(event, null, false, null, null, 0);
  }

  /** An event as the log had it before, to be queued once more. */
  static Frame again(Frame event, boolean counted, MemoryGovernor memory) {
    return new Frame(event, event.coalesceKey, counted, memory, event.origin, event.audience);
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
      byte[] bytes = SseFormat.withoutId(bytes(), length());
      made = new Frame(bare(0, bytes), null, false, null, null, Math.min(audience, 0));
      withoutId = made;
    }
    return made;
  }

  /** All clients have been offered it, so many. */
  void audience(int clients) {
    audience = clients;
  }

  /** Whether it is none of the application's: a heartbeat, a gap, how a stream begins. */
  boolean isControl() {
    return audience == CONTROL;
  }

  /** Whether it is known to be for less than half of so many clients, or for one alone. */
  boolean isForFewOf(int clients) {
    return audience == 1 ? clients > 1 : audience > 0 && 2 * audience < clients;
  }

  /** Its forms as pieces of gzip streams, made once for all clients unless the heap is tight. */
  CompressedFrame compressed() {
    return origin.ownCompressed();
  }

  private CompressedFrame ownCompressed() {
    CompressedFrame made = made();
    if (made == null) {
      synchronized (this) {
        made = made();
        if (made == null) {
          made = new CompressedFrame(this);
          compressed = new SoftReference<>(made);
        }
      }
    }
    return made;
  }

  private CompressedFrame made() {
    SoftReference<CompressedFrame> kept = compressed;
    return kept == null ? null : kept.get();
  }
}
