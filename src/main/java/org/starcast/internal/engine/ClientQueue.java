package org.starcast.internal.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription.Overflow;

/**
 * What waits to be written to one client: frames in their order; behind them messages that wait for
 * room; and the bytes that the writer has and could not send yet. Bounded in messages and bytes,
 * with the overflow policy at the bound, and counted by the {@link MemoryGovernor}. All of it is
 * guarded by the client's monitor.
 */
final class ClientQueue {

  /** A frame that waits for room in the queue, and who wants to know. */
  record Waiting(Frame frame, CompletableFuture<Boolean> taken) {}

  /** So many messages may wait for room, however large they are. */
  private static final int MIN_WAITING = 16;

  private final Overflow overflow;
  private final int maxMessages;
  private final long maxBytes;
  private final Statistics statistics;
  private final MemoryGovernor memory;

  private final ArrayDeque<Frame> frames = new ArrayDeque<>(4);
  private long bytes;

  /** Never has an entry while there are no frames, which is always followed by a cycle. */
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>(1);

  private long waitingBytes;
  private long inFlight;

  /** The last sequence that was ever queued. */
  private long last;

  /** Messages that the policy dropped since the client was told of a gap, and in all. */
  private long missed;

  private long dropped;

  ClientQueue(
      Overflow overflow,
      int maxMessages,
      long maxBytes,
      Statistics statistics,
      MemoryGovernor memory) {
    this.overflow = overflow;
    this.maxMessages = maxMessages;
    this.maxBytes = maxBytes;
    this.statistics = statistics;
    this.memory = memory;
  }

  /** Has what {@link #append} needs fetched by the processor; the value says nothing. */
  long prefetch() {
    return bytes + last + frames.size();
  }

  boolean isEmpty() {
    return frames.isEmpty();
  }

  int size() {
    return frames.size();
  }

  /** The next frame; null if there is none. */
  Frame peek() {
    return frames.peekFirst();
  }

  /** One message always fits, so that a message larger than the bound is not a dead end. */
  boolean fits(Frame frame) {
    return frames.isEmpty()
        || frames.size() < maxMessages && bytes + inFlight + frame.length() <= maxBytes;
  }

  void append(Frame frame) {
    frames.addLast(frame);
    bytes += frame.length();
    last = Math.max(last, frame.sequence());
  }

  /** The next frame has been taken into a batch. */
  void remove() {
    Frame frame = frames.removeFirst();
    bytes -= frame.length();
    frame.release();
  }

  /** The last sequence that was ever queued. */
  long last() {
    return last;
  }

  /**
   * Another order of events begins, with a gap: what is queued of the one before goes with it, so
   * that a queue never holds ids of two.
   *
   * @return messages that are missed by that
   */
  long restart() {
    long counted = leaveToLog().counted();
    last = 0;
    missed = 0;
    return counted;
  }

  /** The sequence of the oldest event that waits; {@link Long#MAX_VALUE} if there is none. */
  long oldest() {
    for (Frame frame : frames) {
      if (frame.sequence() > 0) {
        return frame.sequence();
      }
    }
    return Long.MAX_VALUE;
  }

  // ---- overflow

  /** Under {@code COALESCE}, drops the frame that this one is to replace, if there is one. */
  boolean replace(Frame by) {
    if (overflow != Overflow.COALESCE || by.coalesceKey == null) {
      return false;
    }
    for (Iterator<Frame> i = frames.iterator(); i.hasNext(); ) {
      Frame frame = i.next();
      if (by.coalesceKey.equals(frame.coalesceKey)) {
        i.remove();
        drop(frame, Metric.COALESCED);
        return true;
      }
    }
    return false;
  }

  /** Whether these events fit in behind what waits, once they have replaced what they replace. */
  boolean fitsAll(List<Frame> events) {
    Map<String, Frame> latest = new HashMap<>();
    if (overflow == Overflow.COALESCE) {
      frames.forEach(frame -> latest.put(frame.coalesceKey, frame));
    }
    int messages = frames.size();
    long total = bytes + inFlight;
    for (Frame event : events) {
      messages++;
      total += event.length();
      if (overflow == Overflow.COALESCE && event.coalesceKey != null) {
        Frame replaced = latest.put(event.coalesceKey, event);
        messages -= replaced == null ? 0 : 1;
        total -= replaced == null ? 0 : replaced.length();
      }
    }
    return events.isEmpty() || messages <= 1 || messages <= maxMessages && total <= maxBytes;
  }

  /** Drops the oldest frames until this one fits. */
  void dropOldestFor(Frame frame) {
    while (!fits(frame)) {
      Frame oldest = frames.removeFirst();
      drop(oldest, Metric.DROPPED);
      missed += oldest.isPermanent() ? 0 : 1;
    }
  }

  private void drop(Frame frame, Metric count) {
    bytes -= frame.length();
    dropped += frame.isPermanent() ? 0 : 1;
    frame.release();
    if (frame.counted) {
      statistics.increment(count);
    }
  }

  /** Messages of the log were replaced by later ones. */
  void coalesced(long messages) {
    dropped += messages;
    statistics.add(Metric.COALESCED, messages);
  }

  /** Messages that were dropped and that the client has not been told of. */
  long missed() {
    return missed;
  }

  /** The client is told of so many of them. */
  void missedTold(long told) {
    missed -= told;
  }

  long dropped() {
    return dropped;
  }

  /** Events that were left to the log. */
  record LeftToLog(long first, long counted) {}

  /**
   * Removes the events, which the log has, too, and the heartbeats whose ids would come before
   * them. The first's sequence is 0 if there are none.
   */
  LeftToLog leaveToLog() {
    long first = 0;
    long counted = 0;
    for (Iterator<Frame> i = frames.iterator(); i.hasNext(); ) {
      Frame frame = i.next();
      if (frame.sequence() > 0) {
        first = first == 0 && !frame.isPermanent() ? frame.sequence() : first;
        i.remove();
        bytes -= frame.length();
        counted += frame.counted ? 1 : 0;
        frame.release();
      }
    }
    return new LeftToLog(first, counted);
  }

  // ---- waiting for room

  /**
   * Appends a frame as soon as half of the queue is free, which leaves the other half to what is
   * published; frames that wait keep their order.
   *
   * @return null if it was appended
   */
  CompletionStage<Boolean> appendWhenRoom(Frame frame) {
    frame.heldBy(1);
    if (waiting.isEmpty() && hasRoom(frame)) {
      statistics.increment(Metric.DIRECT);
      append(frame);
      return null;
    }
    int most = Math.max(MIN_WAITING, maxMessages);
    if (waiting.size() >= most
        || waiting.size() >= MIN_WAITING && waitingBytes + frame.length() > maxBytes) {
      frame.release();
      return CompletableFuture.failedStage(
          new IllegalStateException(
              "message: "
                  + waiting.size()
                  + " messages of "
                  + waitingBytes
                  + " bytes wait for room, at most "
                  + most
                  + " of "
                  + maxBytes));
    }
    Waiting entry = new Waiting(frame, new CompletableFuture<>());
    waiting.add(entry);
    waitingBytes += frame.length();
    return entry.taken.minimalCompletionStage();
  }

  /** When memory is short, sources wait until what they gave before has been written. */
  private boolean hasRoom(Frame frame) {
    return frames.isEmpty()
        || frames.size() < maxMessages / 2
            && bytes + inFlight + frame.length() <= maxBytes / 2
            && !memory.isShort();
  }

  /** Appends the frames that have room now; the caller tells those who wait, without the lock. */
  List<Waiting> admit() {
    if (waiting.isEmpty()) {
      return List.of();
    }
    List<Waiting> admitted = new ArrayList<>();
    for (Waiting first = waiting.peek();
        first != null && hasRoom(first.frame);
        first = waiting.peek()) {
      waiting.remove();
      waitingBytes -= first.frame.length();
      statistics.increment(Metric.DIRECT);
      append(first.frame);
      admitted.add(first);
    }
    return admitted;
  }

  /** Gives up those that wait for room, {@linkplain #discard discarded}; the caller tells them. */
  List<Waiting> refuse() {
    List<Waiting> refused = List.copyOf(waiting);
    waiting.clear();
    return refused;
  }

  // ---- memory

  /** The writer has these bytes, and could not send them yet. */
  void inFlight(long unsent) {
    inFlight = unsent;
    memory.add(unsent);
  }

  /** The writer has sent what it had, or has let go of it. */
  void flushed() {
    memory.subtract(inFlight);
    inFlight = 0;
  }

  /** Whether the writer has bytes that it could not send yet. */
  boolean isInFlight() {
    return inFlight > 0;
  }

  /** Bytes that wait to be written, those in the writer included. */
  long queuedBytes() {
    return bytes + inFlight;
  }

  /** All bytes that are held for the client. */
  long heldBytes() {
    return bytes + inFlight + waitingBytes;
  }

  /** Messages that wait, as the accounts count them. */
  long counted() {
    long count = 0;
    for (Frame frame : frames) {
      count += frame.counted ? 1 : 0;
    }
    return count;
  }

  /** Lets go of all that waits, so that its memory is free; once, when nothing more is taken. */
  void discard() {
    statistics.add(Metric.DISCARDED, counted());
    frames.forEach(Frame::release);
    frames.clear();
    bytes = 0;
    waiting.forEach(entry -> entry.frame.release());
    waitingBytes = 0;
    flushed();
  }
}
