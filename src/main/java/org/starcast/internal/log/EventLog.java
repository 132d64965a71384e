package org.starcast.internal.log;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Predicate;
import org.starcast.internal.config.TopicBounds;
import org.starcast.spi.StoredEvent;

/**
 * The latest events, in a ring that is bounded by count, bytes and age. One thread at a time
 * appends; any number reads meanwhile, without a lock.
 *
 * <p>Events have positions: 0 for the first that was ever appended, and one more for each. Those
 * from {@link #tail} to before {@link #head} are kept. Sequences rise with positions, but may leave
 * out some.
 *
 * @param <E> the kind of event
 */
public final class EventLog<E extends StoredEvent> {

  private static final int MIN_CAPACITY = 4;
  private static final int MAX_CAPACITY = 1 << 30;

  /** Of which another, larger one may take the place; the events are there before the head is. */
  private volatile AtomicReferenceArray<E> ring;

  private final int maxEvents;
  private final long maxBytes;
  private final long maxAgeMillis;
  private volatile long head;
  private volatile long tail;

  /** The sequence of the last event that is not kept, and of the last one that is. */
  private volatile long evicted;

  private volatile long last;
  private volatile long bytes;

  /**
   * An empty log.
   *
   * @param sequence the place before its first event
   * @param maxEvents the most events, at least 1
   * @param maxBytes the most bytes of memory, roughly; the newest event is kept in any case
   * @param maxAgeMillis how long an event is kept; 0 for as long as there is room
   */
  public EventLog(long sequence, int maxEvents, long maxBytes, long maxAgeMillis) {
    this(sequence, maxEvents, maxEvents, maxBytes, maxAgeMillis);
  }

  /** As the other one, for one topic: takes memory as it gets events. */
  EventLog(long sequence, TopicBounds bounds) {
    this(
        sequence,
        MIN_CAPACITY,
        bounds.events() == 0 ? MAX_CAPACITY : bounds.events(),
        bounds.bytes() == 0 ? Long.MAX_VALUE : bounds.bytes(),
        bounds.ageMillis());
  }

  private EventLog(long sequence, int capacity, int maxEvents, long maxBytes, long maxAgeMillis) {
    this.ring = new AtomicReferenceArray<>(Math.min(capacity, maxEvents));
    this.maxEvents = maxEvents;
    this.maxBytes = maxBytes;
    this.maxAgeMillis = maxAgeMillis;
    this.evicted = sequence;
    this.last = sequence;
  }

  /** Keeps an event whose sequence is greater than that of the last one. */
  public void append(E event) {
    long at = head;
    AtomicReferenceArray<E> events = ring;
    if (at - tail == events.length()) {
      if (events.length() == maxEvents) {
        evictOldest();
      } else {
        events = larger(events);
        ring = events;
      }
    }
    events.setRelease((int) (at % events.length()), event);
    bytes += event.weight();
    last = event.sequence();
    head = at + 1;
    while (bytes > maxBytes && tail < at) {
      evictOldest();
    }
    expire(event.time());
  }

  /** Lets go of what is too old; by the thread that appends. */
  public void expire(long now) {
    while (maxAgeMillis > 0 && tail < head && at(tail).time() < now - maxAgeMillis) {
      evictOldest();
    }
  }

  private AtomicReferenceArray<E> larger(AtomicReferenceArray<E> events) {
    int capacity = (int) Math.min(2L * events.length(), maxEvents);
    AtomicReferenceArray<E> larger = new AtomicReferenceArray<>(capacity);
    for (long at = tail; at < head; at++) {
      larger.setPlain((int) (at % capacity), events.getPlain((int) (at % events.length())));
    }
    return larger;
  }

  /** Lets go of the oldest event, which there must be; by the thread that appends. */
  void evictOldest() {
    long at = tail;
    E event = at(at);
    bytes -= event.weight();
    evicted = event.sequence();
    tail = at + 1;
    AtomicReferenceArray<E> events = ring;
    events.setRelease((int) (at % events.length()), null);
  }

  /** The position of the oldest event that is kept; equal to {@link #head} if there is none. */
  public long tail() {
    return tail;
  }

  /** The position that the next event will have. */
  public long head() {
    return head;
  }

  /** Whether it has no events. */
  boolean isEmpty() {
    return tail == head;
  }

  /** The sequence of the newest event. */
  public long last() {
    return last;
  }

  /** The sequence after which all events are kept. */
  public long evicted() {
    return evicted;
  }

  /** The memory that the events take, roughly. */
  public long bytes() {
    return bytes;
  }

  /** The bounds, those of {@link TopicBounds}. */
  TopicBounds bounds() {
    return new TopicBounds(
        maxEvents == MAX_CAPACITY ? 0 : maxEvents,
        maxBytes == Long.MAX_VALUE ? 0 : maxBytes,
        maxAgeMillis);
  }

  /** How many more events there is room for. */
  long roomEvents() {
    return maxEvents - (head - tail);
  }

  /** How many more bytes there is room for; below zero for an event that was too large. */
  long roomBytes() {
    return maxBytes - bytes;
  }

  /** The event at this position; null if it is not kept any more, or not there yet. */
  public E at(long position) {
    if (position >= head) {
      return null;
    }
    AtomicReferenceArray<E> events = ring;
    E event = events.getAcquire((int) (position % events.length()));
    // the slot may hold a younger event by now
    return position < tail ? null : event;
  }

  /** The newest event; null if there is none, or it is not kept any more. */
  E newest() {
    long end = head;
    return end == 0 ? null : at(end - 1);
  }

  /** The position of the first event after this sequence that is kept, or of the next to come. */
  public long positionAfter(long sequence) {
    long low = tail;
    long high = head;
    while (low < high) {
      long middle = (low + high) >>> 1;
      E event = at(middle);
      if (event == null || event.sequence() <= sequence) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /**
   * The position from which on this many events match, or of the oldest event if there are fewer.
   *
   * @param limit how many, from 0
   */
  public long positionOfLast(int limit, Predicate<? super E> matches) {
    long position = head;
    int found = 0;
    long oldest = position;
    while (found < limit && position > tail) {
      E event = at(--position);
      if (event == null) {
        break;
      }
      if (!event.isHole() && matches.test(event)) {
        found++;
        oldest = position;
      }
    }
    return oldest;
  }
}
