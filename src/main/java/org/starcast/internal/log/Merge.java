package org.starcast.internal.log;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Predicate;
import org.starcast.spi.StoredEvent;

/** Reads several logs as one: events in their order, each once. Takes no lock. */
final class Merge {

  private Merge() {}

  /** Where a log is read. */
  private static final class Place<E extends StoredEvent> {
    final EventLog<E> log;
    long position;
    E event;

    Place(EventLog<E> log, long position) {
      this.log = log;
      this.position = position;
      this.event = position < 0 ? null : log.at(position);
    }

    void move(int by) {
      position += by;
      event = position < 0 ? null : log.at(position);
    }
  }

  /** The events from one sequence to another, at most so many. */
  static <E extends StoredEvent> List<E> forward(
      List<EventLog<E>> logs, long from, long to, int most) {
    PriorityQueue<Place<E>> places =
        new PriorityQueue<>(Comparator.comparingLong(place -> place.event.sequence()));
    for (EventLog<E> log : logs) {
      add(places, new Place<>(log, log.positionAfter(from - 1)));
    }
    List<E> events = new ArrayList<>();
    long last = from - 1;
    for (Place<E> next = places.poll();
        next != null && next.event.sequence() <= to && events.size() < most;
        next = places.poll()) {
      if (next.event.sequence() > last) {
        events.add(next.event);
        last = next.event.sequence();
      }
      next.move(1);
      add(places, next);
    }
    return events;
  }

  /** The latest events after a sequence that match, at most so many, the oldest first. */
  static <E extends StoredEvent> List<E> backward(
      List<EventLog<E>> logs, long after, Predicate<? super E> matches, int most) {
    PriorityQueue<Place<E>> places =
        new PriorityQueue<>(Comparator.comparingLong(place -> -place.event.sequence()));
    for (EventLog<E> log : logs) {
      add(places, new Place<>(log, log.head() - 1));
    }
    List<E> events = new ArrayList<>();
    long last = Long.MAX_VALUE;
    for (Place<E> next = places.poll();
        next != null && next.event.sequence() > after && events.size() < most;
        next = places.poll()) {
      if (next.event.sequence() < last) {
        last = next.event.sequence();
        if (matches.test(next.event)) {
          events.add(next.event);
        }
      }
      next.move(-1);
      add(places, next);
    }
    Collections.reverse(events);
    return events;
  }

  private static <E extends StoredEvent> void add(PriorityQueue<Place<E>> places, Place<E> place) {
    if (place.event != null) {
      places.add(place);
    }
  }

  /** Sorts events, and leaves each there once. */
  static <E extends StoredEvent> List<E> inOrder(List<E> events) {
    events.sort(Comparator.comparingLong(StoredEvent::sequence));
    List<E> once = new ArrayList<>(events.size());
    for (E event : events) {
      if (once.isEmpty() || once.get(once.size() - 1).sequence() < event.sequence()) {
        once.add(event);
      }
    }
    return once;
  }
}
