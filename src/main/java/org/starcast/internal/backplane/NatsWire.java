package org.starcast.internal.backplane;

import io.nats.client.impl.Headers;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;
import java.util.function.Predicate;
import org.starcast.internal.topic.TopicName;
import org.starcast.internal.wire.FrameTemplate;
import org.starcast.internal.wire.SseFormat;
import org.starcast.spi.OutgoingEvent;

/**
 * The form that events and commands have in NATS, for publishers in any language.
 *
 * <ul>
 *   <li>The subject of an event is {@code <prefix>.t.<topic>}, with a topic as it is: its segments
 *       are tokens of the subject. Of several topics one is there, and all are in the header {@code
 *       Starcast-Topics}. An event for every client has the subject {@code <prefix>.all}.
 *   <li>With the header {@code Starcast-Frame: 1} the payload is the event's frame less id and
 *       blank line: lines {@code event:}, {@code retry:}, {@code data:} and comments, as the
 *       event-stream format has them, each ended by LF. Without it the payload is the event's data,
 *       as UTF-8 text: {@code nats pub starcast.t.orders.created '{"id":1}'} is all it takes.
 *   <li>Headers where needed: {@code Starcast-Sender}; {@code Starcast-Except}, ids of clients that
 *       it is not for; {@code Starcast-Coalesce}, the key. Values are percent-encoded UTF-8, those
 *       of lists separated by commas; all headers are 60,000 bytes at most. Topics, excepted
 *       clients and the coalescing key have the bounds of {@link org.starcast.SseMessage}.
 *   <li>The subject of a command is {@code <prefix>.c.<type>}, its payload is the body.
 * </ul>
 *
 * <p>Whoever may publish to one subject of a topic can name other topics in the header: permissions
 * by subject are no border between publishers of events.
 */
public final class NatsWire {

  static final String FRAME = "Starcast-Frame";
  static final String FRAME_VERSION = "1";
  static final String TOPICS = "Starcast-Topics";
  static final String SENDER = "Starcast-Sender";
  static final String EXCEPT = "Starcast-Except";
  static final String COALESCE = "Starcast-Coalesce";

  /** In place of headers that the client does not take. */
  static final String MALFORMED = "Starcast-Malformed";

  /** By this the broker knows what it has stored already. */
  static final String MESSAGE_ID = "Nats-Msg-Id";

  /** What the message id begins with if it is a key that an envelope has. */
  private static final String KEY = "key.";

  private static final int MAX_KEY = 300;

  // the broker takes 65,535, and the message id is among them
  private static final int MAX_HEADER_BYTES = 60_000;

  private final String topics;
  private final String all;
  private final String commands;

  public NatsWire(String prefix) {
    this.topics = prefix + ".t.";
    this.all = prefix + ".all";
    this.commands = prefix + ".c.";
  }

  /** A message on its way. */
  public record Outgoing(String subject, Headers headers, byte[] body) {

    public int size() {
      return body.length + (headers.isEmpty() ? 0 : headers.serializedLength());
    }
  }

  /** The subjects of all messages. */
  List<String> subjects() {
    return List.of(topics + ">", all, commands + "*");
  }

  /** The narrowest subject with wildcards that all events of a pattern have. */
  String filter(String pattern) {
    StringJoiner subject = new StringJoiner(".", topics, "");
    for (String segment : pattern.split("\\.")) {
      if (segment.equals("*")) {
        // one segment or more, so what follows may be anywhere
        return subject.add(">").toString();
      }
      subject.add(segment.equals("+") || segment.indexOf('*') >= 0 ? "*" : segment);
    }
    return subject.toString();
  }

  /**
   * An event as a message.
   *
   * @param preferred of several topics, those to have in the subject if possible
   * @throws IllegalArgumentException if the headers are too large, or the event's name is one of
   *     the library's own
   */
  public Outgoing event(OutgoingEvent envelope, Predicate<String> preferred) {
    EventBounds.checkName(
        envelope.bytes(), envelope.bodyLength(), envelope.topics(), envelope.sender());
    Headers headers = new Headers().put(FRAME, FRAME_VERSION);
    List<String> names = envelope.topics();
    String subject = all;
    if (!names.isEmpty()) {
      String first = names.get(0);
      if (names.size() > 1) {
        first = names.stream().filter(preferred).findFirst().orElse(first);
        headers.put(TOPICS, encode(names));
      }
      subject = topics + first;
    }
    if (envelope.sender() != null) {
      headers.put(SENDER, encode(List.of(envelope.sender())));
    }
    if (!envelope.except().isEmpty()) {
      headers.put(EXCEPT, encode(envelope.except()));
    }
    if (envelope.coalesceKey() != null) {
      headers.put(COALESCE, encode(List.of(envelope.coalesceKey())));
    }
    if (envelope.key() != null) {
      headers.put(MESSAGE_ID, KEY + envelope.key());
    }
    if (headers.serializedLength() > MAX_HEADER_BYTES) {
      throw new IllegalArgumentException(
          "message: its topics, sender and exceptions must be "
              + MAX_HEADER_BYTES
              + " bytes at most, are "
              + headers.serializedLength());
    }
    return new Outgoing(subject, headers, Arrays.copyOf(envelope.bytes(), envelope.bodyLength()));
  }

  /**
   * A command as a message.
   *
   * @throws IllegalArgumentException if the type is none
   */
  Outgoing command(String type, byte[] body) {
    return new Outgoing(commands + ClusterBus.checkType(type), new Headers(), body);
  }

  /** The type of a command; null for an event. */
  String commandOf(String subject) {
    return subject.startsWith(commands)
        ? ClusterBus.checkType(subject.substring(commands.length()))
        : null;
  }

  /**
   * The event that a message is.
   *
   * @param headers or null
   * @param maxBytes the most bytes of its frame
   * @throws IllegalArgumentException if the message is malformed or too large
   */
  OutgoingEvent envelope(String subject, Headers headers, byte[] payload, int maxBytes) {
    checkHeaders(headers);
    if (headers != null
        && !headers.isEmpty()
        && headers.serializedLength() > MAX_HEADER_BYTES + 5_000) {
      throw new IllegalArgumentException("headers: have more than " + MAX_HEADER_BYTES + " bytes");
    }
    String version = first(headers, FRAME);
    FrameTemplate draft;
    if (version == null) {
      // each line of data gets a prefix: never larger than this
      EventBounds.checkSize(payload.length, maxBytes);
      draft = SseFormat.draft(null, null, EventBounds.text(payload), null);
    } else if (version.equals(FRAME_VERSION)) {
      draft = EventBounds.frame(payload, maxBytes);
    } else {
      throw new IllegalArgumentException(FRAME + ": is of a later version than 1");
    }
    EventBounds.checkSize(draft.bodyLength(), maxBytes);
    List<String> names = topics(subject, first(headers, TOPICS));
    String sender = first(headers, SENDER);
    String from = sender == null ? null : TopicName.checkSender(decode(sender));
    EventBounds.checkName(draft.bytes(), draft.bodyLength(), names, from);
    String except = first(headers, EXCEPT);
    String coalesce = first(headers, COALESCE);
    String key = keyOf(first(headers, MESSAGE_ID));
    return new EncodedEvent(
        names,
        from,
        except == null ? Set.of() : TopicName.checkExcept(list(except)),
        coalesce == null ? null : TopicName.checkText(COALESCE, decode(coalesce)),
        key.isEmpty() ? null : key,
        draft);
  }

  /** The key that a message id is, without the dots that may be behind it; "" for none. */
  static String keyOf(String messageId) {
    if (messageId == null || !messageId.startsWith(KEY) || messageId.length() > MAX_KEY) {
      return "";
    }
    int end = messageId.length();
    while (messageId.charAt(end - 1) == '.') {
      end--;
    }
    return messageId.substring(Math.min(end, KEY.length()), end);
  }

  /**
   * Checks that these are the headers that the publisher gave.
   *
   * @throws IllegalArgumentException if they were malformed
   */
  static void checkHeaders(Headers headers) {
    if (headers != null && headers.containsKey(MALFORMED)) {
      throw new IllegalArgumentException("headers: are malformed");
    }
  }

  private List<String> topics(String subject, String header) {
    if (subject.equals(all)) {
      return List.of();
    }
    if (!subject.startsWith(topics)) {
      throw new IllegalArgumentException("subject: is none of an event");
    }
    String topic = TopicName.check(subject.substring(topics.length()));
    if (header == null) {
      return List.of(topic);
    }
    List<String> names = TopicName.checkAll(list(header));
    if (!names.contains(topic)) {
      throw new IllegalArgumentException(TOPICS + ": does not have the topic of the subject");
    }
    return names;
  }

  private static String first(Headers headers, String name) {
    return headers == null ? null : headers.getFirst(name);
  }

  private static String encode(Collection<String> values) {
    StringJoiner joined = new StringJoiner(",");
    for (String value : values) {
      joined.add(URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20"));
    }
    return joined.toString();
  }

  private static String decode(String value) {
    String bytes = URLDecoder.decode(value.replace("+", "%2B"), StandardCharsets.ISO_8859_1);
    return EventBounds.text(bytes.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static List<String> list(String value) {
    return Arrays.stream(value.split(",", -1)).map(NatsWire::decode).toList();
  }
}
