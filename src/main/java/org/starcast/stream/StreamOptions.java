package org.starcast.stream;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.starcast.MessageSource;
import org.starcast.SseMessage;
import org.starcast.Subscription.LineSeparator;
import org.starcast.internal.Arguments;
import org.starcast.internal.Values;
import org.starcast.internal.wire.LibraryEvents;
import org.starcast.internal.wire.SseFormat;

/**
 * How a stream behaves. Immutable and thread-safe: every method returns new options. The functions
 * in it are called on the container's managed executor; for items of a publisher or an emitter on
 * 16 threads of the container that such streams share, so that they should not block there.
 *
 * <pre>{@code
 * StreamOptions.defaults()
 *     .interval(ofMillis(500))
 *     .closing(SseMessage.builder().event("done").data("").build())
 *     .transform((Order order) -> order.isPublic() ? order.summary() : null);
 * }</pre>
 *
 * @param <T> the items that it is for
 */
public final class StreamOptions<T> {

  private static final SseMessage FAILED =
      SseMessage.builder().event("error").data("{\"error\":\"the stream failed\"}").build();

  private static final StreamOptions<Object> DEFAULTS = new StreamOptions<>(new OptionValues());

  private static final class OptionValues extends Values<OptionValues> {
    private Duration interval = Duration.ZERO;
    private Duration heartbeat = Duration.ZERO;
    private Supplier<? extends MessageSource> ping = () -> null;
    private Function<Object, ?> transform;
    private Throttle<Object> throttle;
    private SseMessage initial;
    private SseMessage closing;
    private Duration timeout = Duration.ZERO;
    private Duration idleTimeout = Duration.ZERO;
    private Duration unwatchedTimeout = Duration.ZERO;
    private int keepItems;
    private long keepBytes;
    private Duration keep = Duration.ZERO;
    private boolean drops;
    private Function<? super Throwable, Optional<SseMessage>> onError;
    private Duration retry;
    private String event;
    private LineSeparator lineSeparator = LineSeparator.LF;
  }

  private final OptionValues values;

  private StreamOptions(OptionValues values) {
    this.values = values;
  }

  private <U extends T> StreamOptions<U> with(Consumer<OptionValues> change) {
    return new StreamOptions<>(values.with(change));
  }

  /** Items as they come, as fast as the client takes them, and nothing else. */
  public static StreamOptions<Object> defaults() {
    return DEFAULTS;
  }

  /**
   * The time between two items: how long the source is left alone after it gave one, or had none.
   *
   * @throws IllegalArgumentException if it is negative or longer than a year
   */
  public StreamOptions<T> interval(Duration interval) {
    Arguments.upToYear("interval", interval);
    return with(v -> v.interval = interval);
  }

  /**
   * A message that is sent when the stream has sent nothing for so long; left out while the client
   * has no room. Comes in addition to the comment after {@code starcast.heartbeat}, which all
   * clients get after silence.
   *
   * @param ping makes the message; null for none this time
   * @throws IllegalArgumentException if {@code silence} is not 1 ms to a year
   */
  public StreamOptions<T> heartbeat(Duration silence, Supplier<? extends MessageSource> ping) {
    Arguments.positive("heartbeat", silence);
    Objects.requireNonNull(ping, "ping");
    return with(
        v -> {
          v.heartbeat = silence;
          v.ping = ping;
        });
  }

  /** What to send for an item, a payload; null leaves the item out. */
  @SuppressWarnings("unchecked") // the type parameter says that only such items come
  public <U extends T> StreamOptions<U> transform(Function<? super U, ?> transform) {
    Objects.requireNonNull(transform, "transform");
    return with(v -> v.transform = (Function<Object, ?>) transform);
  }

  /** Thins out the source's items, before they are transformed. */
  @SuppressWarnings("unchecked") // the type parameter says that only such items come
  public <U extends T> StreamOptions<U> throttle(Throttle<? super U> throttle) {
    Objects.requireNonNull(throttle, "throttle");
    return with(v -> v.throttle = (Throttle<Object>) throttle);
  }

  /** A message before all items. */
  public StreamOptions<T> initial(MessageSource message) {
    SseMessage made = message.toSseMessage();
    return with(v -> v.initial = made);
  }

  /**
   * A message behind all items, when the stream ends by itself, by a time-out or by {@link
   * SseStream#stop}. A browser's {@code EventSource} reconnects when a response ends: give it an
   * event here at which the page closes it.
   */
  public StreamOptions<T> closing(MessageSource message) {
    SseMessage made = message.toSseMessage();
    return with(v -> v.closing = made);
  }

  /**
   * The longest that the stream may last.
   *
   * @throws IllegalArgumentException if it is not 1 ms to a year
   */
  public StreamOptions<T> timeout(Duration timeout) {
    Arguments.positive("timeout", timeout);
    return with(v -> v.timeout = timeout);
  }

  /**
   * The longest that the source may give nothing, while the client has room.
   *
   * @throws IllegalArgumentException if it is not 1 ms to a year
   */
  public StreamOptions<T> idleTimeout(Duration timeout) {
    Arguments.positive("idleTimeout", timeout);
    return with(v -> v.idleTimeout = timeout);
  }

  /**
   * The longest that a {@linkplain SseStreams#named named} stream goes on while no client is
   * subscribed to it, from its start on; for ever unless set. Where nodes share a backplane, 10 s
   * at least, as nodes tell each other of their viewers every few seconds. Other streams end with
   * their client anyway.
   *
   * @throws IllegalArgumentException if it is not 1 ms to a year
   */
  public StreamOptions<T> unwatchedTimeout(Duration timeout) {
    Arguments.positive("unwatchedTimeout", timeout);
    return with(v -> v.unwatchedTimeout = timeout);
  }

  /**
   * The most items that are kept of a {@linkplain SseStreams#named named} stream; {@code
   * starcast.streams.items} unless set. When so many are kept, the source waits until some client
   * has read the first of them, unless the stream is to {@linkplain #dropOldest drop} it. Where the
   * configuration has a history for the topic, its bounds hold in place of these.
   *
   * @throws IllegalArgumentException if it is not 1 to 10,000,000
   */
  public StreamOptions<T> keepItems(int items) {
    Arguments.range("keepItems", items, 1, 10_000_000);
    return with(v -> v.keepItems = items);
  }

  /**
   * The most memory that they take, in bytes, roughly; {@code starcast.streams.bytes} unless set.
   * Beyond it is as beyond {@link #keepItems}.
   *
   * @throws IllegalArgumentException if it is not 1,024 to 2^40
   */
  public StreamOptions<T> keepBytes(long bytes) {
    Arguments.range("keepBytes", bytes, 1024, 1L << 40);
    return with(v -> v.keepBytes = bytes);
  }

  /**
   * How long a {@linkplain SseStreams#named named} stream that has ended is known, and its items
   * are kept; {@code starcast.streams.keep} unless set.
   *
   * @throws IllegalArgumentException if it is not 1 ms to a year
   */
  public StreamOptions<T> keep(Duration afterEnd) {
    Arguments.positive("keep", afterEnd);
    return with(v -> v.keep = afterEnd);
  }

  /**
   * The source of a {@linkplain SseStreams#named named} stream waits for nobody: its oldest items
   * go when there are more than are kept. Who comes late is told of a gap.
   */
  public StreamOptions<T> dropOldest() {
    return with(v -> v.drops = true);
  }

  /**
   * The last message when the source, or a function of these options, fails; by default an event
   * {@code error} that tells nothing of the failure, which is logged. (A page hears it where it
   * hears its {@code EventSource}'s own errors; it alone has data.) That is sent, too, if this
   * function fails. What a throttle holds is sent before it if the source fails, and dropped
   * otherwise.
   */
  public StreamOptions<T> onError(Function<? super Throwable, Optional<SseMessage>> message) {
    Objects.requireNonNull(message, "onError");
    return with(v -> v.onError = message);
  }

  /**
   * How long the client shall wait before it reconnects, told before all else.
   *
   * @throws IllegalArgumentException if it is negative or longer than a day
   */
  public StreamOptions<T> retry(Duration retry) {
    SseFormat.checkRetry(retry);
    return with(v -> v.retry = retry);
  }

  /**
   * The event name of items that bring none.
   *
   * @throws IllegalArgumentException if it is empty, longer than 256 characters, contains a line
   *     break or NUL, or begins with {@code starcast}
   */
  public StreamOptions<T> event(String name) {
    LibraryEvents.checkForeign(SseFormat.checkField("event", name));
    return with(v -> v.event = name);
  }

  /**
   * What ends the lines of a stream that is made for a sink; {@link LineSeparator#LF} unless set,
   * see {@link org.starcast.Subscription#lineSeparator}. The lines of a client that is there
   * already stay as they are.
   */
  public StreamOptions<T> lineSeparator(LineSeparator separator) {
    Objects.requireNonNull(separator, "lineSeparator");
    return with(v -> v.lineSeparator = separator);
  }

  /** These options, with values for what they leave open. */
  StreamOptions<T> orElse(
      Function<Object, ?> transform,
      String event,
      Function<? super Throwable, Optional<SseMessage>> onError) {
    return with(
        v -> {
          v.transform = v.transform == null ? transform : v.transform;
          v.event = v.event == null ? event : v.event;
          v.onError = v.onError == null ? onError : v.onError;
        });
  }

  Duration interval() {
    return values.interval;
  }

  Duration heartbeat() {
    return values.heartbeat;
  }

  Supplier<? extends MessageSource> ping() {
    return values.ping;
  }

  Object transformed(T item) {
    return values.transform == null ? item : values.transform.apply(item);
  }

  /** Null for none. */
  Throttle<? super T> throttle() {
    return values.throttle;
  }

  Optional<SseMessage> initial() {
    return Optional.ofNullable(values.initial);
  }

  Optional<SseMessage> closing() {
    return Optional.ofNullable(values.closing);
  }

  Duration timeout() {
    return values.timeout;
  }

  Duration idleTimeout() {
    return values.idleTimeout;
  }

  Duration unwatchedTimeout() {
    return values.unwatchedTimeout;
  }

  /** 0 for what the configuration says; so are the others. */
  int keepItems() {
    return values.keepItems;
  }

  long keepBytes() {
    return values.keepBytes;
  }

  Duration keep() {
    return values.keep;
  }

  boolean drops() {
    return values.drops;
  }

  Function<? super Throwable, Optional<SseMessage>> onError() {
    return values.onError == null ? failure -> Optional.of(FAILED) : values.onError;
  }

  Optional<SseMessage> retry() {
    return Optional.ofNullable(values.retry).map(r -> SseMessage.builder().retry(r).build());
  }

  /** Null for none. */
  String event() {
    return values.event;
  }

  LineSeparator lineSeparator() {
    return values.lineSeparator;
  }
}
