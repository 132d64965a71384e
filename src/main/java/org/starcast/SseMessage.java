package org.starcast;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.starcast.Subscription.Overflow;
import org.starcast.internal.topic.TopicName;
import org.starcast.internal.wire.LibraryEvents;
import org.starcast.internal.wire.SseFormat;

/**
 * One message: what the client sees (event name, data, retry, comment) and who shall get it
 * (topics, sender). Immutable and thread-safe.
 *
 * <pre>{@code
 * SseMessage.of("hello");
 * SseMessage.builder().topic("orders.created").event("order").data(order).build();
 * }</pre>
 *
 * <p>{@code data} is a payload: text, sent as it is, or any object, for what it becomes see {@link
 * PayloadEncoder}. Line breaks in it (LF, CR or CRLF) become lines of the event and arrive as LF,
 * as the event-stream format has it (WHATWG HTML, section 9.2.5); NUL is replaced by U+FFFD. A
 * message has data, a comment, or a retry; one with none of them is refused.
 */
public final class SseMessage implements MessageSource {

  private final List<String> topics;
  private final String sender;
  private final String event;
  private final String id;
  private final Duration retry;
  private final Object data;
  private final String comment;
  private final String coalesceKey;
  private final Set<String> except;

  private SseMessage(Builder b) {
    topics = b.topics;
    sender = b.sender;
    event = b.event;
    id = b.id;
    retry = b.retry;
    data = b.data;
    comment = b.comment;
    coalesceKey = b.coalesceKey;
    except = b.except;
  }

  /** A message with data only: no event name, so that {@code EventSource.onmessage} gets it. */
  public static SseMessage of(Object data) {
    return builder().data(data).build();
  }

  /** Starts a message. */
  public static Builder builder() {
    return new Builder();
  }

  /** Starts a message from this one's values. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** The topics it is published to; empty means every client. */
  public List<String> topics() {
    return topics;
  }

  /** Who sends it. */
  public Optional<String> sender() {
    return Optional.ofNullable(sender);
  }

  /** The event's name; empty for the browser's default, {@code message}. */
  public Optional<String> event() {
    return Optional.ofNullable(event);
  }

  /**
   * The application's own id. It is sent as the {@code id:} line only where the stream's ids are
   * not Starcast's own, that is in messages sent to one client; on published messages that line
   * belongs to the order by which clients resume.
   */
  public Optional<String> id() {
    return Optional.ofNullable(id);
  }

  /** How long the client shall wait before it reconnects. */
  public Optional<Duration> retry() {
    return Optional.ofNullable(retry);
  }

  /** The data: text, or any payload, see {@link PayloadEncoder}. */
  public Optional<Object> data() {
    return Optional.ofNullable(data);
  }

  /** A comment, which clients ignore. */
  public Optional<String> comment() {
    return Optional.ofNullable(comment);
  }

  /** Messages with the same key replace each other under {@link Overflow#COALESCE}. */
  public Optional<String> coalesceKey() {
    return Optional.ofNullable(coalesceKey);
  }

  /** The ids of the clients that do not get it when it is published. */
  public Set<String> except() {
    return except;
  }

  @Override
  public SseMessage toSseMessage() {
    return this;
  }

  /** Without the data, which may be private. */
  @Override
  public String toString() {
    return "SseMessage[topics=" + topics + ", sender=" + sender + ", event=" + event + "]";
  }

  /**
   * Builds a {@link SseMessage}; not thread-safe. Every value is checked when it is given. Whatever
   * takes a message takes its builder, too.
   */
  public static final class Builder implements MessageSource {

    private List<String> topics = List.of();
    private String sender;
    private String event;
    private String id;
    private Duration retry;
    private Object data;
    private String comment;
    private String coalesceKey;
    private Set<String> except = Set.of();

    private Builder() {}

    private Builder(SseMessage m) {
      topics = m.topics;
      sender = m.sender;
      event = m.event;
      id = m.id;
      retry = m.retry;
      data = m.data;
      comment = m.comment;
      coalesceKey = m.coalesceKey;
      except = m.except;
    }

    /**
     * The topics to publish to, 16 at most, in place of any given before.
     *
     * @throws IllegalArgumentException if one is not a topic, see {@link TopicName#check}, or there
     *     are more
     */
    public Builder topic(String... topics) {
      return topics(List.of(topics));
    }

    /** As {@link #topic(String...)}. */
    public Builder topics(List<String> topics) {
      this.topics = TopicName.checkAll(topics);
      return this;
    }

    /**
     * The sender, for subscriptions that filter by it.
     *
     * @throws IllegalArgumentException if it is empty, longer than 256 characters, has control
     *     characters, or begins with {@code starcast.stream.}
     */
    public Builder sender(String sender) {
      this.sender = LibraryEvents.checkSender(TopicName.checkSender(sender));
      return this;
    }

    /**
     * The event's name; without one it is {@code message} (an empty name would be, too: it is
     * refused, as it hardly is what was meant). Names that begin with {@code starcast} are the
     * library's own.
     *
     * @throws IllegalArgumentException if it is empty, longer than 256 characters, contains a line
     *     break or NUL, or begins with {@code starcast}
     */
    public Builder event(String event) {
      SseFormat.checkField("event", event);
      // whether it is presence's, build() knows
      this.event = event.equals(LibraryEvents.PRESENCE) ? event : LibraryEvents.checkForeign(event);
      return this;
    }

    /**
     * The application's own id, see {@link SseMessage#id()}. The empty one has the client forget
     * the last it saw, so that it comes back without one (WHATWG HTML, section 9.2.6).
     *
     * @throws IllegalArgumentException if it is longer than 256 characters, or contains a line
     *     break or NUL
     */
    public Builder id(String id) {
      this.id = SseFormat.checkId(id);
      return this;
    }

    /**
     * How long the client shall wait before it reconnects, in whole milliseconds. Zero, or nearly,
     * has it come back at once, and ask in a loop while the server is away.
     *
     * @throws IllegalArgumentException if it is negative or longer than a day
     */
    public Builder retry(Duration retry) {
      this.retry = SseFormat.checkRetry(retry);
      return this;
    }

    /** The data: text, or any payload, see {@link PayloadEncoder}. */
    public Builder data(Object data) {
      this.data = Objects.requireNonNull(data, "data");
      return this;
    }

    /** A comment, which clients ignore. */
    public Builder comment(String comment) {
      this.comment = Objects.requireNonNull(comment, "comment");
      return this;
    }

    /**
     * The key by which messages replace each other under {@link Overflow#COALESCE}.
     *
     * @throws IllegalArgumentException if it is empty, longer than 256 characters, or has control
     *     characters
     */
    public Builder coalesce(String key) {
      this.coalesceKey = TopicName.checkText("coalesce", key);
      return this;
    }

    /**
     * Ids of clients that do not get it when it is published, the one who caused it, say; 256 at
     * most, in place of any given before. Unknown ones are ignored.
     *
     * @throws IllegalArgumentException if there are more, or one is empty, longer than 256
     *     characters, or has control characters
     */
    public Builder except(String... clientIds) {
      return except(List.of(clientIds));
    }

    /** As {@link #except(String...)}. */
    public Builder except(Collection<String> clientIds) {
      this.except = TopicName.checkExcept(clientIds);
      return this;
    }

    @Override
    public SseMessage toSseMessage() {
      return build();
    }

    /**
     * The message.
     *
     * @throws IllegalArgumentException if there is neither data nor comment nor retry
     */
    public SseMessage build() {
      if (data == null && comment == null && retry == null) {
        throw new IllegalArgumentException("message: has neither data nor comment nor retry");
      }
      if (!LibraryEvents.CLIENT.equals(event)) {
        LibraryEvents.check(event, topics, sender);
      }
      return new SseMessage(this);
    }
  }
}
