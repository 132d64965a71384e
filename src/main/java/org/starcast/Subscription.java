package org.starcast;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.starcast.internal.Arguments;
import org.starcast.internal.Values;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.internal.topic.TopicName;
import org.starcast.internal.wire.EventId;

/**
 * What a client wants to hear, and how its stream is kept. Immutable: every method returns a new
 * subscription.
 *
 * <pre>{@code
 * Subscription.all();                                       // everything
 * Subscription.to("orders.*", "stock.+").mute("orders.debug");
 * Subscription.none().topic("chat.message", room)           // only what the sender `room` sends
 *     .type("chat").metadata("room", room);
 * }</pre>
 *
 * <p>A client gets a message when one of the message's topics matches one of its patterns whose
 * senders, if there are any, include the message's sender; unless one of the message's topics
 * matches a muted pattern: muted wins. It gets a message once, however many patterns match. A
 * message without a topic goes to every client.
 */
public final class Subscription {

  /** In place of an id: everything that is there. */
  public static final String EARLIEST = "earliest";

  private static final Pattern CLIENT_ID = Pattern.compile("[A-Za-z0-9._~-]{1,128}");

  private static final class SubscriptionValues extends Values<SubscriptionValues> {
    private Map<String, Set<String>> topics = Map.of();
    private Set<String> muted = Set.of();
    private String clientId;
    private String type = "default";
    private String user;
    private Map<String, Object> metadata = Map.of();
    private Overflow overflow;
    private int queueCount;
    private long queueBytes;
    private String resumeFrom;
    private int history;
    private MessageSource onGap;
    private MessageSource initial;
    private String initialKey;
    private LineSeparator lineSeparator = LineSeparator.LF;
    private boolean guarded;
  }

  private final SubscriptionValues values;

  private Subscription(SubscriptionValues values) {
    this.values = values;
  }

  private Subscription with(Consumer<SubscriptionValues> change) {
    return new Subscription(values.with(change));
  }

  /** Nothing but messages without a topic and those sent to the client alone; to be added to. */
  public static Subscription none() {
    return new Subscription(new SubscriptionValues());
  }

  /** Everything. */
  public static Subscription all() {
    return to(Topic.ANY);
  }

  /**
   * The topics that match any of these patterns, from any sender.
   *
   * @throws IllegalArgumentException if a pattern is malformed, see {@link CompiledPattern#of}
   */
  public static Subscription to(String... patterns) {
    Subscription subscription = none();
    for (String pattern : patterns) {
      subscription = subscription.topic(pattern);
    }
    return subscription;
  }

  /**
   * The topics that match any of the keys, each from the senders that are its value; an empty set
   * means any sender.
   *
   * @throws IllegalArgumentException if a pattern or a sender is malformed
   */
  public static Subscription to(Map<String, Set<String>> patternsWithSenders) {
    Subscription subscription = none();
    for (var entry : patternsWithSenders.entrySet()) {
      subscription = subscription.topic(entry.getKey(), entry.getValue().toArray(String[]::new));
    }
    return subscription;
  }

  /**
   * Adds a pattern; with senders, only their messages. A pattern that is already there has its
   * senders replaced.
   *
   * @throws IllegalArgumentException if the pattern or a sender is malformed
   */
  public Subscription topic(String pattern, String... senders) {
    CompiledPattern.of(pattern);
    Set<String> checked = new LinkedHashSet<>();
    for (String sender : senders) {
      checked.add(TopicName.checkSender(sender));
    }
    Map<String, Set<String>> added = new LinkedHashMap<>(values.topics);
    added.put(pattern, shared(checked));
    return withTopics(added);
  }

  /** Patterns from the same senders share one set: patterns times senders would be far too much. */
  private Set<String> shared(Set<String> senders) {
    Set<String> compared = null;
    for (Set<String> before : values.topics.values()) {
      if (before != compared && before.equals(senders)) {
        return before;
      }
      compared = before;
    }
    return senders.isEmpty() ? Set.of() : Collections.unmodifiableSet(senders);
  }

  /** Removes a pattern, written exactly as when it was added; unknown ones are ignored. */
  public Subscription without(String pattern) {
    Map<String, Set<String>> left = new LinkedHashMap<>(values.topics);
    left.remove(pattern);
    return withTopics(left);
  }

  /**
   * Adds muted patterns.
   *
   * @throws IllegalArgumentException if a pattern is malformed
   */
  public Subscription mute(String... patterns) {
    Set<String> added = new LinkedHashSet<>(values.muted);
    for (String pattern : patterns) {
      CompiledPattern.of(pattern);
      added.add(pattern);
    }
    return withMuted(added);
  }

  /** Removes muted patterns, written exactly as when they were added. */
  public Subscription unmute(String... patterns) {
    Set<String> left = new LinkedHashSet<>(values.muted);
    for (String pattern : patterns) {
      left.remove(pattern);
    }
    return withMuted(left);
  }

  /**
   * Chooses the client's id, in place of one that the server makes. An id taken from the request
   * lets one user act for another: choose only what the server knows, or sign it.
   *
   * @throws IllegalArgumentException if it is not 1 to 128 characters of {@code A-Z a-z 0-9 . _ ~
   *     -}
   */
  public Subscription clientId(String clientId) {
    if (!CLIENT_ID.matcher(Objects.requireNonNull(clientId, "clientId")).matches()) {
      throw new IllegalArgumentException(
          "clientId: must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ -");
    }
    return with(v -> v.clientId = clientId);
  }

  /**
   * The application's kind of client, by which {@link SseBroadcaster#clients(String)} finds it;
   * {@code default} unless set.
   *
   * @throws IllegalArgumentException if it is empty, longer than 256 characters, or has control
   *     characters
   */
  public Subscription type(String type) {
    String checked = TopicName.checkText("type", type);
    return with(v -> v.type = checked);
  }

  /**
   * The user whose client it is, for {@link org.starcast.presence.Presence} and {@link
   * SseBroadcaster#sendToUser}, in place of the authenticated caller. As an id taken from the
   * request, it lets one user act for another: choose only what the server knows.
   *
   * @throws IllegalArgumentException if it is empty, longer than 256 characters, or has control
   *     characters
   */
  public Subscription user(String user) {
    String checked = TopicName.checkText("user", user);
    return with(v -> v.user = checked);
  }

  /** Attaches a value that the application finds again at {@link SseClient#metadata()}. */
  public Subscription metadata(String key, Object value) {
    Map<String, Object> added = new LinkedHashMap<>(values.metadata);
    added.put(Objects.requireNonNull(key, "key"), Objects.requireNonNull(value, "value"));
    return with(v -> v.metadata = Collections.unmodifiableMap(added));
  }

  /** What happens when the client's queue is full, in place of {@code starcast.queue.overflow}. */
  public Subscription overflow(Overflow policy) {
    Objects.requireNonNull(policy, "overflow");
    return with(v -> v.overflow = policy);
  }

  /**
   * The bounds of the client's queue, in place of {@code starcast.queue.messages} and {@code
   * starcast.queue.bytes}.
   *
   * @throws IllegalArgumentException if {@code messages} is not 1 to 1,000,000 or {@code bytes} not
   *     1,024 to 1 GiB
   */
  public Subscription queue(int messages, long bytes) {
    Arguments.range("messages", messages, 1, 1_000_000);
    Arguments.range("bytes", bytes, 1024, 1L << 30);
    return with(
        v -> {
          v.queueCount = messages;
          v.queueBytes = bytes;
        });
  }

  /**
   * Where the client goes on, in place of what its request asks for: its {@code Last-Event-ID}
   * header, or else its query parameter {@code lastEventId}. All events after this one that the
   * subscription matches come first. When they are not all there any more, or the id is of another
   * epoch, an event {@code starcast-gap} tells the client, and all that is there follows.
   *
   * @param lastEventId the id of an event, such as {@link SseBroadcaster#lastEventId()}; {@code
   *     earliest} for all that is there; or the empty text for none, whatever the request asks for
   * @throws IllegalArgumentException if it is none of these
   */
  public Subscription resumeFrom(String lastEventId) {
    if (!lastEventId.isEmpty() && !lastEventId.equals(EARLIEST)) {
      EventId.parse(lastEventId);
    }
    return with(v -> v.resumeFrom = lastEventId);
  }

  /**
   * How many of the latest events that the subscription matches a client gets first when it is new,
   * that is when it does not resume.
   *
   * @throws IllegalArgumentException if it is not 0 to 1,000,000
   */
  public Subscription history(int events) {
    Arguments.range("history", events, 0, 1_000_000);
    return with(v -> v.history = events);
  }

  /**
   * What the client gets after each {@code starcast-gap} event, so that it recovers: a script that
   * loads the page anew, say, or its whole state. In place of {@code starcast.gap.reload}.
   *
   * <p>An {@link SseMessage} is encoded when the client registers, which fails if it is too large.
   * Any other source is asked for its message at each gap, on a thread of the container that may
   * block: it can read a database. Only this client waits for it, for {@code starcast.send-timeout}
   * at most; without a message in time, or when it fails, which the log tells, the client goes on
   * without.
   */
  public Subscription onGap(MessageSource recovery) {
    Objects.requireNonNull(recovery, "onGap");
    return with(v -> v.onGap = recovery);
  }

  /**
   * What a new client gets first: the state that the events from there on change, such as a patch
   * of the whole page. The client goes on from the event that was the last when this began to be
   * made, so that nothing is missed between the two; what was published meanwhile may be in both,
   * so events say what is, not what is added.
   *
   * <p>A client that resumes where it was gets the events that it missed, and not this. One that
   * cannot, as they are gone, gets this in place of a {@code starcast-gap} event; and one that
   * falls behind later gets it behind that event, unless {@link #onGap} says otherwise. It takes
   * the place of {@link #history}.
   *
   * <p>It is made for each client, by the thread that registers it, which it may block.
   */
  public Subscription initial(MessageSource state) {
    Objects.requireNonNull(state, "initial");
    return with(
        v -> {
          v.initial = state;
          v.initialKey = null;
        });
  }

  /**
   * As {@link #initial(MessageSource)}, made once for all clients of this node that want the same
   * at the same time, and used for {@code starcast.initial.max-age}: thousands that come back after
   * a gap cost one query. Those that come while it is being made wait for it, for {@code
   * starcast.send-timeout} at most, and are then refused by 503. Where no log is kept it is made
   * for each.
   *
   * @param key what the state is of. Clients with equal keys get the same: a state that is not for
   *     everybody has in its key for whom it is
   * @throws IllegalArgumentException if the key is empty, longer than 256 characters, or has
   *     control characters
   */
  public Subscription initial(String key, MessageSource state) {
    String checked = TopicName.checkText("key", key);
    Objects.requireNonNull(state, "initial");
    return with(
        v -> {
          v.initial = state;
          v.initialKey = checked;
        });
  }

  /**
   * What ends the lines of the stream, for clients that cannot read {@link LineSeparator#LF}, the
   * default. With another the stream is not compressed; the {@code portable} writer, whose runtime
   * writes the lines, does not know it.
   */
  public Subscription lineSeparator(LineSeparator separator) {
    Objects.requireNonNull(separator, "lineSeparator");
    return with(v -> v.lineSeparator = separator);
  }

  /**
   * Has the client hear nothing but what a rule or a {@link org.starcast.security.TopicAuthorizer}
   * permits to its caller, once there is one, as the built-in endpoint does. Without this the
   * application, which registers the client, has decided, and only what an authorizer denies is
   * refused.
   */
  public Subscription guarded() {
    return with(v -> v.guarded = true);
  }

  /** The patterns with their senders (none means any), in the order in which they were added. */
  public Map<String, Set<String>> topics() {
    return values.topics;
  }

  /** The muted patterns, in the order in which they were added. */
  public Set<String> muted() {
    return values.muted;
  }

  /** The id that the application chose. */
  public Optional<String> clientId() {
    return Optional.ofNullable(values.clientId);
  }

  /** The application's kind of client. */
  public String type() {
    return values.type;
  }

  /** The user, if the application chose one. */
  public Optional<String> user() {
    return Optional.ofNullable(values.user);
  }

  /** What the application attached. */
  public Map<String, Object> metadata() {
    return values.metadata;
  }

  /** The overflow policy, if it is this subscription's own. */
  public Optional<Overflow> overflow() {
    return Optional.ofNullable(values.overflow);
  }

  /** The most messages in the queue, or 0 for the configured bound. */
  public int queueMessages() {
    return values.queueCount;
  }

  /** The most bytes in the queue, or 0 for the configured bound. */
  public long queueBytes() {
    return values.queueBytes;
  }

  /** Where the client goes on, if that is not for its request to say. */
  public Optional<String> resumeFrom() {
    return Optional.ofNullable(values.resumeFrom);
  }

  /** How many of the latest events a new client gets. */
  public int history() {
    return values.history;
  }

  /** What the client gets after a gap, if it is this subscription's own. */
  public Optional<MessageSource> onGap() {
    return Optional.ofNullable(values.onGap);
  }

  /** What a new client gets first. */
  public Optional<MessageSource> initial() {
    return Optional.ofNullable(values.initial);
  }

  /** What its state is of, if it is shared with others. */
  public Optional<String> initialKey() {
    return Optional.ofNullable(values.initialKey);
  }

  /** What ends the lines of the stream. */
  public LineSeparator lineSeparator() {
    return values.lineSeparator;
  }

  /** Whether the client hears nothing but what somebody permits. */
  public boolean isGuarded() {
    return values.guarded;
  }

  @Override
  public String toString() {
    return "Subscription[topics="
        + values.topics
        + ", muted="
        + values.muted
        + ", type="
        + values.type
        + "]";
  }

  private Subscription withTopics(Map<String, Set<String>> topics) {
    return with(v -> v.topics = Collections.unmodifiableMap(topics));
  }

  private Subscription withMuted(Set<String> muted) {
    return with(v -> v.muted = Collections.unmodifiableSet(muted));
  }

  /**
   * What happens when a message does not fit into a client's queue. Where a log is kept, a client
   * that has just begun, or resumed, reads events from there until what is left fits into its
   * queue; until then only messages to it alone are queued.
   */
  public enum Overflow {
    /**
     * The queue is given up, and the client reads on from the log, at its own pace, until it is
     * live again; {@code starcast.send-timeout} still ends one that takes nothing. When the log has
     * moved on before, a {@code starcast-gap} event tells the client. Messages sent to the client
     * alone stay queued; where they fill the queue, or nothing is logged, this is {@link
     * #DISCONNECT}. The default.
     */
    CATCH_UP,
    /** The client is closed; it reconnects and resumes where it was. */
    DISCONNECT,
    /**
     * The oldest queued messages make room; one {@code starcast-gap} event in their place tells the
     * client that it missed some, and how many.
     */
    DROP_OLDEST,
    /**
     * A message replaces the queued one with the same {@linkplain SseMessage#coalesceKey() key}, at
     * any fill level: for messages that carry a whole state, only the latest of which matters. When
     * that makes no room, the client is closed as by {@link #DISCONNECT}. What a client reads in
     * the log comes as it was published.
     */
    COALESCE
  }

  /**
   * What ends the lines of a client's stream. The format knows all three, and a client that keeps
   * to it reads them alike: others than {@link #LF} are for clients that do not.
   */
  public enum LineSeparator {
    /** Line feed; the default. */
    LF("\n"),
    /** Carriage return and line feed. */
    CRLF("\r\n"),
    /** Carriage return. */
    CR("\r");

    private final String characters;

    LineSeparator(String characters) {
      this.characters = characters;
    }

    /** The characters that end a line. */
    public String characters() {
      return characters;
    }
  }
}
