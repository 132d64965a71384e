package org.starcast.testing;

import java.time.Duration;
import java.util.List;

/** The parts of the messages of failures. */
final class Text {

  private static final int MOST_CHARACTERS = 200;
  private static final int MOST_LINES = 20;

  private Text() {}

  /** Data on one line, and not too long for it. */
  static String quote(String data) {
    String line = data.replace("\r", "\\r").replace("\n", "\\n");
    return line.length() <= MOST_CHARACTERS ? line : line.substring(0, MOST_CHARACTERS) + "…";
  }

  /** A line for each event, of the latest ones. */
  static String lines(List<?> events) {
    StringBuilder text = new StringBuilder();
    int first = Math.max(0, events.size() - MOST_LINES);
    if (first > 0) {
      text.append("\n  … ").append(first).append(" more");
    }
    for (Object event : events.subList(first, events.size())) {
      text.append("\n  ").append(event);
    }
    return text.toString();
  }

  /** A time as people say it. */
  static String time(Duration duration) {
    return duration.toMillis() % 1000 == 0
        ? duration.toSeconds() + " s"
        : duration.toMillis() + " ms";
  }
}
