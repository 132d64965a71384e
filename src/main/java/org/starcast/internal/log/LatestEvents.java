package org.starcast.internal.log;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.spi.StoredEvent;

/**
 * The latest event of each topic that matches a pattern, so that a new client gets the state of the
 * topic first. Bounded by count and bytes: the topic that was published to longest ago is forgotten
 * first. Thread-safe.
 *
 * @param <E> the kind of event
 */
public final class LatestEvents<E extends StoredEvent> {

  private final List<CompiledPattern> patterns;
  private final int maxTopics;
  private final long maxBytes;
  private final Map<String, E> latest = new LinkedHashMap<>();

  /** The weight of the events; of one that several topics keep, for each of them. */
  private long bytes;

  /**
   * Nothing yet.
   *
   * @param patterns of the topics whose latest event is kept
   * @param maxTopics the most topics
   * @param maxBytes the most bytes of memory, roughly; the newest event is kept in any case
   */
  public LatestEvents(List<CompiledPattern> patterns, int maxTopics, long maxBytes) {
    this.patterns = List.copyOf(patterns);
    this.maxTopics = maxTopics;
    this.maxBytes = maxBytes;
  }

  /** Keeps the event in place of one before it on each of its topics. */
  public void append(E event) {
    if (patterns.isEmpty()) {
      return;
    }
    for (String topic : event.topics()) {
      if (kept(topic)) {
        synchronized (this) {
          E before = latest.get(topic);
          if (before != null && before.sequence() > event.sequence()) {
            continue;
          }
          if (before != null) {
            latest.remove(topic);
            bytes -= before.weight();
          }
          latest.put(topic, event);
          bytes += event.weight();
          while (latest.size() > maxTopics || bytes > maxBytes && latest.size() > 1) {
            Iterator<E> oldest = latest.values().iterator();
            bytes -= oldest.next().weight();
            oldest.remove();
          }
        }
      }
    }
  }

  private boolean kept(String topic) {
    for (CompiledPattern pattern : patterns) {
      if (pattern.matches(topic)) {
        return true;
      }
    }
    return false;
  }

  /** The events kept, in their order, each once. */
  public List<E> snapshot() {
    if (patterns.isEmpty()) {
      return List.of();
    }
    List<E> events;
    synchronized (this) {
      events = new ArrayList<>(latest.values());
    }
    events.sort((a, b) -> Long.compare(a.sequence(), b.sequence()));
    List<E> once = new ArrayList<>(events.size());
    for (E event : events) {
      if (once.isEmpty() || once.get(once.size() - 1) != event) {
        once.add(event);
      }
    }
    return once;
  }
}
