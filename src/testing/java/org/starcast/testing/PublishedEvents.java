package org.starcast.testing;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntPredicate;
import org.starcast.SseBroadcaster;
import org.starcast.SseMessage;
import org.starcast.TopicPattern;

/**
 * What an application publishes, in its order: by events that it fires with {@code @Topic}, by
 * {@link SseBroadcaster#publish}, by Datastar's events. What a transaction rolls back was not
 * published; what is sent to single clients is not here.
 *
 * <pre>{@code
 * PublishedEvents events = PublishedEvents.of(broadcaster);
 * orders.place(new Order(7));
 * assertThat(events.on("orders.*").only().as(Order.class)).isEqualTo(new Order(7));
 * }</pre>
 *
 * <p>It needs no client and changes nothing: it reads the broadcaster's {@linkplain
 * SseBroadcaster#history(int) log}, and fails when that has not kept all; see {@code
 * starcast.log.events}. For one node, without a backplane that others share. Immutable and
 * thread-safe.
 *
 * @see StarcastExtension
 */
public final class PublishedEvents {

  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final long LOOK_NANOS = 5_000_000;

  /** How often it is looked for an event that has its id and is not in the log. */
  private static final int MAX_LOOKS = 40;

  private final SseBroadcaster broadcaster;
  private final String start;

  /** Null for all events. */
  private final TopicPattern pattern;

  private final Duration timeout;

  private PublishedEvents(
      SseBroadcaster broadcaster, String start, TopicPattern pattern, Duration timeout) {
    this.broadcaster = broadcaster;
    this.start = start;
    this.pattern = pattern;
    this.timeout = timeout;
  }

  /** Returns the events that are published from now on. */
  public static PublishedEvents of(SseBroadcaster broadcaster) {
    return new PublishedEvents(broadcaster, broadcaster.lastEventId(), null, TIMEOUT);
  }

  /**
   * Returns those of all events that have a topic which matches, by the grammar that subscriptions
   * have. Events without a topic match no pattern.
   *
   * @throws IllegalArgumentException if the pattern is malformed
   */
  public PublishedEvents on(String pattern) {
    return new PublishedEvents(broadcaster, start, TopicPattern.of(pattern), timeout);
  }

  /** Returns the same events, which are waited for so long; 5 seconds unless set. */
  public PublishedEvents within(Duration timeout) {
    return new PublishedEvents(
        broadcaster, start, pattern, Objects.requireNonNull(timeout, "timeout"));
  }

  /**
   * Returns the events so far, without waiting.
   *
   * @throws IllegalStateException if the log has not kept all
   */
  public List<PublishedEvent> list() {
    return all().stream()
        .filter(event -> pattern == null || event.topics().stream().anyMatch(pattern::matches))
        .toList();
  }

  /**
   * Waits until there is an event.
   *
   * @return the one event
   * @throws AssertionError if there is none in time, or more than one
   * @throws IllegalStateException if the log has not kept all
   */
  public PublishedEvent only() {
    List<PublishedEvent> events = until(count -> count > 0);
    if (events.size() != 1) {
      throw failure("1 event", events.size());
    }
    return events.get(0);
  }

  /**
   * Waits until there are so many events, or more.
   *
   * @return the events so far
   * @throws AssertionError if there are fewer in time
   * @throws IllegalStateException if the log has not kept all
   */
  public List<PublishedEvent> await(int count) {
    List<PublishedEvent> events = until(size -> size >= count);
    if (events.size() < count) {
      throw failure(count + (count == 1 ? " event" : " events"), events.size());
    }
    return events;
  }

  private List<PublishedEvent> until(IntPredicate enough) {
    long begun = System.nanoTime();
    while (true) {
      List<PublishedEvent> events = list();
      if (enough.test(events.size())
          || System.nanoTime() - begun >= timeout.toNanos()
          || Thread.currentThread().isInterrupted()) {
        return events;
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }

  private AssertionError failure(String expected, int found) {
    List<PublishedEvent> all = all();
    return new AssertionError(
        "expected "
            + expected
            + (pattern == null ? "" : " on " + pattern)
            + (found == 0 ? " within " + Text.time(timeout) : "")
            + ", but there "
            + (found == 0 ? "was none" : found == 1 ? "was 1" : "were " + found)
            + (all.isEmpty()
                ? "; nothing was published"
                : "; published so far:" + Text.lines(all)));
  }

  /** An event has its id for a moment before it is in the log: looked at again, it is there. */
  private List<PublishedEvent> all() {
    for (int look = 1; look < MAX_LOOKS; look++) {
      Optional<List<PublishedEvent>> all = look();
      if (all.isPresent()) {
        return all.get();
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
    return look()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "the log has not kept all that was published: see starcast.log.events,"
                        + " starcast.log.bytes and starcast.log.age"));
  }

  private Optional<List<PublishedEvent>> look() {
    String last = broadcaster.lastEventId();
    List<SseMessage> kept = broadcaster.history(Integer.MAX_VALUE);
    long after = sequence(start);
    List<PublishedEvent> events =
        kept.stream()
            .map(PublishedEvent::of)
            .filter(event -> sequence(event.id()) > after)
            .toList();
    boolean missing =
        sequence(last) > after && (events.isEmpty() || sequence(events.get(0).id()) > after + 1);
    return missing ? Optional.empty() : Optional.of(events);
  }

  private static long sequence(String id) {
    return Long.parseLong(id.substring(id.lastIndexOf('-') + 1));
  }

  /** The events so far, a line for each. */
  @Override
  public String toString() {
    return (pattern == null ? "all events" : "events on " + pattern) + Text.lines(list());
  }
}
