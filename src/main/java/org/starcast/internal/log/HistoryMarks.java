package org.starcast.internal.log;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.starcast.internal.config.TopicBounds;
import org.starcast.spi.StoredEvent;

/**
 * What is known of the histories of topics beside their events: from where on each has all. Stored
 * with them, before the first, as an event of no order; so what is read after a restart is known to
 * be complete as well. Immutable.
 *
 * @param last the sequence of the last event that they have seen
 * @param missing as of {@link TopicLogs}; so are the others
 * @param floors the patterns of the rules, with their floors
 */
record HistoryMarks(
    long last,
    long missing,
    long rest,
    long everybody,
    long forgotten,
    List<Floor> floors,
    List<Topic> topics) {

  private static final String SENDER = "starcast.histories";

  /** Of a rule. */
  record Floor(String pattern, long sequence) {}

  /** Which of the histories it is. */
  enum Kind {
    RULE,
    LATEST,
    NAMED,
    FORGOTTEN
  }

  /**
   * Of a topic.
   *
   * @param evicted the sequence up to which its events are gone
   * @param bounds of one that is kept by name; else none
   * @param forgetAt likewise
   */
  record Topic(String name, Kind kind, long evicted, TopicBounds bounds, long forgetAt) {}

  /** As an event: a line for each. */
  StoredEvent toEvent() {
    StringBuilder text = new StringBuilder();
    line(text, "all", last, missing, rest, everybody, forgotten);
    for (Floor floor : floors) {
      line(text, "floor", floor.sequence, floor.pattern);
    }
    for (Topic topic : topics) {
      line(
          text,
          topic.kind.name(),
          topic.evicted,
          topic.bounds.events(),
          topic.bounds.bytes(),
          topic.forgetAt,
          topic.name);
    }
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    return new StoredEvent(0, 0, List.of(), SENDER, List.of(), bytes, bytes.length);
  }

  private static void line(StringBuilder text, Object... parts) {
    for (int i = 0; i < parts.length; i++) {
      text.append(i == 0 ? "" : "\t").append(parts[i]);
    }
    text.append('\n');
  }

  /** Reads the first of these events; null if it is none. */
  static HistoryMarks of(List<? extends StoredEvent> events) {
    if (events.isEmpty() || !isOne(events.get(0))) {
      return null;
    }
    StoredEvent event = events.get(0);
    String text = new String(event.bytes(), 0, event.length(), StandardCharsets.UTF_8);
    long[] all = new long[5];
    List<Floor> floors = new ArrayList<>();
    List<Topic> topics = new ArrayList<>();
    for (String line : text.split("\n")) {
      String[] parts = line.split("\t");
      switch (parts[0]) {
        case "all" -> {
          for (int i = 0; i < all.length; i++) {
            all[i] = Long.parseLong(parts[i + 1]);
          }
        }
        case "floor" -> floors.add(new Floor(parts[2], Long.parseLong(parts[1])));
        default ->
            topics.add(
                new Topic(
                    parts[5],
                    Kind.valueOf(parts[0]),
                    Long.parseLong(parts[1]),
                    new TopicBounds(Integer.parseInt(parts[2]), Long.parseLong(parts[3]), 0),
                    Long.parseLong(parts[4])));
      }
    }
    return new HistoryMarks(all[0], all[1], all[2], all[3], all[4], floors, topics);
  }

  /** Whether an event is none, but this. */
  static boolean isOne(StoredEvent event) {
    return event.sequence() == 0 && SENDER.equals(event.sender());
  }
}
