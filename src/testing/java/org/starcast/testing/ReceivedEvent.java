package org.starcast.testing;

/**
 * An event as a client got it.
 *
 * @param event its type; {@code message} if the stream names none
 * @param data its data, lines joined by LF
 * @param lastEventId the last event id at that moment; empty if there was none
 */
public record ReceivedEvent(String event, String data, String lastEventId)
    implements EventStreamParser.Item {

  /** The type of the event that says that events are missing. */
  static final String GAP = "starcast-gap";

  /**
   * Reads the data as JSON.
   *
   * @param type a public class or record, or one of {@code jakarta.json}, such as {@code
   *     JsonObject}
   * @throws AssertionError if the data cannot be read as that
   */
  public <T> T as(Class<T> type) {
    return Json.read(data, type);
  }

  /** Whether this is the event that says that events are missing here, {@code starcast-gap}. */
  public boolean isGap() {
    return event.equals(GAP);
  }

  /** The type, the data and the id on one line. */
  @Override
  public String toString() {
    return event + " " + Text.quote(data) + (lastEventId.isEmpty() ? "" : " id " + lastEventId);
  }
}
