package org.starcast.testing;

import java.util.List;
import java.util.Optional;
import org.starcast.SseMessage;

/**
 * An event that was published, as its clients get it.
 *
 * @param id its id, {@code <epoch>-<sequence>}
 * @param topics its topics; empty if it went to all clients
 * @param sender its sender, if it has one
 * @param event its type, if it has one
 * @param data its data as text; empty if it has none
 */
public record PublishedEvent(
    String id, List<String> topics, Optional<String> sender, Optional<String> event, String data) {

  static PublishedEvent of(SseMessage message) {
    return new PublishedEvent(
        message.id().orElse(""),
        message.topics(),
        message.sender(),
        message.event(),
        message.data().map(Object::toString).orElse(""));
  }

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

  /** The topics, the type, the data and the sender on one line. */
  @Override
  public String toString() {
    return (topics.isEmpty() ? "(to all)" : String.join(", ", topics))
        + event.map(type -> " " + type).orElse("")
        + " "
        + Text.quote(data)
        + sender.map(name -> " from " + name).orElse("");
  }
}
