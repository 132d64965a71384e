package org.starcast.internal.wire;

import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The id of an event: the log's epoch and the event's place in the order of all events, written
 * {@code <epoch>-<sequence>}.
 *
 * @param epoch what tells this log from any other: 1 to 24 characters of {@code a-z 0-9}
 * @param sequence the place, from 1; 0 for the place before the first event
 */
public record EventId(String epoch, long sequence) {

  private static final Pattern FORM = Pattern.compile("([a-z0-9]{1,24})-([0-9]{1,18})");

  /** Checks the parts. */
  public EventId {
    Objects.requireNonNull(epoch, "epoch");
  }

  /** Whether the text has the form of an id. */
  public static boolean isOne(String text) {
    return FORM.matcher(text).matches();
  }

  /**
   * Reads an id.
   *
   * @throws IllegalArgumentException if it is malformed; the message begins with {@code
   *     lastEventId}
   */
  public static EventId parse(String text) {
    Matcher parts = FORM.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "lastEventId: must be <epoch>-<sequence> as in the id of an event, or earliest");
    }
    return new EventId(parts.group(1), Long.parseLong(parts.group(2)));
  }

  /** The id as it is on the wire. */
  @Override
  public String toString() {
    return epoch + "-" + sequence;
  }
}
