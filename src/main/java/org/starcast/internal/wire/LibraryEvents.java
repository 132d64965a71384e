package org.starcast.internal.wire;

import java.util.List;

/**
 * The events that Starcast itself sends, and its own topics. Clients act on them, so nobody else
 * gives an event a name that begins like theirs.
 */
public final class LibraryEvents {

  /** Tells a client its token; without an id, and to that client alone. */
  public static final String CLIENT = "starcast-client";

  /** A join or a leave; on the topics of presence alone. */
  public static final String PRESENCE = "starcast-presence";

  /** A named stream begins; the first event of its topic. */
  public static final String STREAM_START = "starcast-start";

  /** A named stream has ended; the last event of its topic. */
  public static final String STREAM_END = "starcast-end";

  /** A write to a durable stream; on its topic. */
  public static final String DURABLE = "starcast-durable";

  /** What the sender of all events of named streams begins with, and of durable ones. */
  public static final String STREAM_SENDER = "starcast.stream.";

  private static final String PREFIX = "starcast";
  private static final String OWN_TOPICS = PREFIX + ".";

  /** What the topics of joins and leaves begin with. */
  public static final String PRESENCE_TOPICS = OWN_TOPICS + "presence.";

  private LibraryEvents() {}

  /** Whether a topic, or a pattern, is of the library's own topics: nobody is present on those. */
  public static boolean isOwnTopic(String topic) {
    return topic.startsWith(OWN_TOPICS);
  }

  /** What the sender of an item of a named stream begins with. */
  public static final String STREAM_ITEM = STREAM_SENDER + "item.";

  /**
   * Returns the sender that an application gives an event.
   *
   * @throws IllegalArgumentException if it is one that says how a named stream stands
   */
  public static String checkSender(String sender) {
    if (isStreamSender(sender) && !sender.startsWith(STREAM_ITEM)) {
      throw new IllegalArgumentException(
          "sender: those that begin with " + STREAM_SENDER + " are the library's");
    }
    return sender;
  }

  /** Whether a sender is of a named stream, or says so. */
  public static boolean isStreamSender(String sender) {
    return sender != null && sender.startsWith(STREAM_SENDER);
  }

  /**
   * Returns the name that an application or a client gives an event.
   *
   * @throws IllegalArgumentException if it begins with {@code starcast}
   */
  public static String checkForeign(String event) {
    if (event.startsWith(PREFIX)) {
      throw new IllegalArgumentException(
          "event: names that begin with starcast are the library's own");
    }
    return event;
  }

  /**
   * Checks the name of a published event.
   *
   * @param event the name, or null for none
   * @param topics what it is published to
   * @param sender the sender, or null
   * @throws IllegalArgumentException if it is one of the library's that is not published there
   */
  public static void check(String event, List<String> topics, String sender) {
    boolean presence =
        PRESENCE.equals(event)
            && !topics.isEmpty()
            && topics.stream().allMatch(topic -> topic.startsWith(PRESENCE_TOPICS));
    boolean stream =
        event != null
            && isStreamSender(sender)
            && !sender.startsWith(STREAM_ITEM)
            && List.of(STREAM_START, STREAM_END, DURABLE).contains(event);
    if (event != null && !presence && !stream) {
      checkForeign(event);
    }
  }
}
