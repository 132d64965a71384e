package org.starcast.testing;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.starcast.testing.EventStreamParser.Comment;
import org.starcast.testing.EventStreamParser.Item;
import org.starcast.testing.EventStreamParser.Retry;

/**
 * A client of an event stream for integration tests, over {@code java.net.http}: reads as an {@code
 * EventSource} does, and gives what it gets in its order.
 *
 * <pre>{@code
 * try (SseTestClient client = SseTestClient.open(uri("api/orders/stream"))) {
 *   post("api/orders", order);
 *   assertThat(client.next().as(Order.class)).isEqualTo(order);
 *
 *   client.disconnect();
 *   post("api/orders", other);
 *   client.reconnect();
 *   assertThat(client.next().as(Order.class)).isEqualTo(other);
 * }
 * }</pre>
 *
 * <p>What waits ends as soon as what it waits for is there, or with an {@link AssertionError} that
 * shows what came instead: after a time, or when the stream ends. A stream is not resumed by
 * itself. Thread-safe; what waits is meant for one thread.
 */
public final class SseTestClient implements AutoCloseable {

  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final String LAST_EVENT_ID = "Last-Event-ID";

  private static final class Http {
    /** HTTP/1.1, as a connection of its own for each stream ends with that. */
    static final HttpClient CLIENT =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(TIMEOUT)
            .build();
  }

  private final HttpClient http;
  private final HttpRequest request;
  private final Object lock = new Object();
  private final List<ReceivedEvent> events = new ArrayList<>();
  private Duration timeout = TIMEOUT;
  private Connection connection;
  private HttpHeaders headers;
  private String lastEventId;
  private Duration retry;
  private long comments;
  private int taken;

  private SseTestClient(HttpClient http, HttpRequest request) {
    this.http = http;
    this.request = request;
    this.lastEventId = request.headers().firstValue(LAST_EVENT_ID).orElse("");
  }

  /**
   * Opens a stream over HTTP/1.1.
   *
   * @param headers names and values in turn, such as {@code "Cookie", "JSESSIONID=…"}
   * @throws AssertionError if the answer is no event stream, or there is none within 10 seconds
   */
  public static SseTestClient open(URI uri, String... headers) {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri);
    if (headers.length > 0) {
      request.headers(headers);
    }
    return open(Http.CLIENT, request.build());
  }

  /**
   * Opens a stream with an HTTP client of the test's own: one with a cookie handler that has logged
   * in before, say, or one for HTTP/2 or TLS. The request must not ask for compression, which is
   * not read.
   *
   * @throws AssertionError if the answer is no event stream, or there is none within 10 seconds
   */
  public static SseTestClient open(HttpClient http, HttpRequest request) {
    SseTestClient client = new SseTestClient(http, request);
    client.connect();
    return client;
  }

  /** Sets how long this client waits from now on; 10 seconds unless set. */
  public SseTestClient within(Duration timeout) {
    synchronized (lock) {
      this.timeout = Objects.requireNonNull(timeout, "timeout");
    }
    return this;
  }

  /** Returns the headers of the latest answer. */
  public HttpHeaders headers() {
    synchronized (lock) {
      return headers;
    }
  }

  /**
   * Waits for the next event: that behind the one that was returned last.
   *
   * @throws AssertionError if there is none in time, or the stream ends before
   */
  public ReceivedEvent next() {
    return next("an event", event -> true);
  }

  /**
   * Waits for the next event of this type, and skips others.
   *
   * @throws AssertionError if there is none in time, the stream ends before, or says before that
   *     events are missing
   */
  public ReceivedEvent next(String event) {
    Objects.requireNonNull(event, "event");
    return next("an event " + event, received -> received.event().equals(event));
  }

  /**
   * Waits for the next event for which this holds, and skips others.
   *
   * @throws AssertionError if there is none in time, the stream ends before, or says before that
   *     events are missing, which {@link ReceivedEvent#isGap} would match
   */
  public ReceivedEvent next(Predicate<ReceivedEvent> wanted) {
    return next("an event that matches", Objects.requireNonNull(wanted, "wanted"));
  }

  private ReceivedEvent next(String what, Predicate<ReceivedEvent> wanted) {
    synchronized (lock) {
      int first = taken;
      long begun = System.nanoTime();
      while (true) {
        while (taken < events.size()) {
          ReceivedEvent event = events.get(taken++);
          if (wanted.test(event)) {
            return event;
          }
          if (event.isGap()) {
            throw failure(what, first, "events are missing");
          }
        }
        if (connection.ended) {
          throw failure(what, first, ending());
        }
        if (!await(begun)) {
          throw failure(what, first, "nothing else came within " + Text.time(timeout));
        }
      }
    }
  }

  private AssertionError failure(String what, int first, String why) {
    List<ReceivedEvent> seen = events.subList(first, taken);
    return new AssertionError(
        "expected "
            + what
            + ", but "
            + why
            + (seen.isEmpty() ? "" : "; instead came:" + Text.lines(seen)),
        connection.failure);
  }

  private String ending() {
    return connection.failure == null ? "the stream has ended" : "the stream broke";
  }

  /**
   * Returns all events so far, those of earlier connections and those that {@link #next} returned
   * included, without waiting.
   */
  public List<ReceivedEvent> events() {
    synchronized (lock) {
      return List.copyOf(events);
    }
  }

  /** Returns the id that {@link #reconnect} sends; empty if there is none. */
  public String lastEventId() {
    synchronized (lock) {
      return lastEventId;
    }
  }

  /** Returns the reconnection time that the server has asked for, if it has. */
  public Optional<Duration> retry() {
    synchronized (lock) {
      return Optional.ofNullable(retry);
    }
  }

  /**
   * Waits for a comment that has not come yet, as heartbeats are.
   *
   * @throws AssertionError if there is none in time, or the stream ends before
   */
  public void awaitHeartbeat() {
    synchronized (lock) {
      long before = comments;
      until("a heartbeat", () -> comments > before || connection.ended);
      if (comments == before) {
        throw failure("a heartbeat", taken, ending());
      }
    }
  }

  /**
   * Waits until the stream ends.
   *
   * @throws AssertionError if it does not in time
   */
  public void awaitEnd() {
    synchronized (lock) {
      until("the end of the stream", () -> connection.ended);
    }
  }

  /** Whether the stream has not ended. */
  public boolean isOpen() {
    synchronized (lock) {
      return !connection.ended;
    }
  }

  private void until(String what, BooleanSupplier condition) {
    long begun = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (!await(begun)) {
        throw failure(what, taken, "it did not come within " + Text.time(timeout));
      }
    }
  }

  /** Waits until something has come, or for what is left of the time; false if none is. */
  private boolean await(long begun) {
    long left = timeout.toNanos() - (System.nanoTime() - begun);
    if (left <= 0) {
      return false;
    }
    try {
      TimeUnit.NANOSECONDS.timedWait(lock, Math.max(left, 1_000_000));
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Ends the connection, as a client does that loses its network. What has come is kept; what the
   * server sends from now on is for {@link #reconnect} to get.
   */
  public void disconnect() {
    synchronized (lock) {
      connection.cancel();
    }
  }

  /**
   * Connects again with {@code Last-Event-ID}, at once: the reconnection time is not waited for. A
   * connection that is still open is ended.
   *
   * @throws AssertionError if the answer is no event stream, or there is none within the timeout
   */
  public void reconnect() {
    disconnect();
    connect();
  }

  private void connect() {
    Connection opened;
    HttpRequest.Builder next =
        HttpRequest.newBuilder(request, (name, value) -> !name.equalsIgnoreCase(LAST_EVENT_ID));
    Duration patience;
    synchronized (lock) {
      patience = timeout;
      opened = new Connection(lastEventId);
      connection = opened;
      if (!lastEventId.isEmpty()) {
        next.setHeader(LAST_EVENT_ID, lastEventId);
      }
    }
    if (request.headers().firstValue("Accept").isEmpty()) {
      next.setHeader("Accept", "text/event-stream");
    }
    HttpResponse<String> answer = answer(http.sendAsync(next.build(), opened::body), patience);
    if (!opened.opened) {
      opened.ended = true;
      throw new AssertionError(
          "expected an event stream of "
              + request.uri()
              + ", but the answer was "
              + answer.statusCode()
              + answer.headers().firstValue("Content-Type").map(type -> " " + type).orElse("")
              + ": "
              + Text.quote(answer.body()));
    }
    synchronized (lock) {
      headers = answer.headers();
    }
  }

  private HttpResponse<String> answer(
      CompletableFuture<HttpResponse<String>> answer, Duration patience) {
    String why;
    Throwable cause;
    try {
      return answer.get(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      why = "there was no answer within " + Text.time(patience);
      cause = e;
    } catch (ExecutionException e) {
      why = "there was no answer";
      cause = e.getCause();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      why = "the thread was interrupted";
      cause = e;
    }
    answer.cancel(true);
    disconnect();
    throw new AssertionError(
        "expected an event stream of " + request.uri() + ", but " + why, cause);
  }

  /** Ends the stream, and does nothing if it has ended. */
  @Override
  public void close() {
    disconnect();
  }

  /** One answer; its fields are guarded by the lock. */
  private final class Connection implements BodySubscriber<String> {

    private final EventStreamParser parser;
    private Flow.Subscription subscription;
    private boolean opened;
    private boolean ended;
    private Throwable failure;

    Connection(String lastEventId) {
      parser = new EventStreamParser(lastEventId);
    }

    /** The stream; or the text of what is none. */
    BodySubscriber<String> body(ResponseInfo answer) {
      String type = answer.headers().firstValue("Content-Type").orElse("");
      String essence = type.split(";", 2)[0].strip();
      if (answer.statusCode() != 200 || !essence.equalsIgnoreCase("text/event-stream")) {
        return BodySubscribers.ofString(StandardCharsets.UTF_8);
      }
      synchronized (lock) {
        opened = true;
      }
      return this;
    }

    /** Done at once: the answer is there when its head is. */
    @Override
    public CompletionStage<String> getBody() {
      return CompletableFuture.completedStage("");
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      synchronized (lock) {
        this.subscription = subscription;
        if (ended) {
          subscription.cancel();
          return;
        }
      }
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
      synchronized (lock) {
        if (ended) {
          return;
        }
        for (ByteBuffer buffer : buffers) {
          byte[] bytes = new byte[buffer.remaining()];
          buffer.get(bytes);
          parser.feed(bytes).take().forEach(this::received);
        }
        lastEventId = parser.lastEventId();
        lock.notifyAll();
      }
    }

    private void received(Item item) {
      if (item instanceof ReceivedEvent event) {
        events.add(event);
      } else if (item instanceof Retry time) {
        retry = Duration.ofMillis(time.millis());
      } else if (item instanceof Comment) {
        comments++;
      }
    }

    @Override
    public void onError(Throwable failure) {
      end(failure);
    }

    @Override
    public void onComplete() {
      end(null);
    }

    private void end(Throwable failure) {
      synchronized (lock) {
        if (!ended) {
          ended = true;
          this.failure = failure;
          lock.notifyAll();
        }
      }
    }

    void cancel() {
      end(null);
      if (subscription != null) {
        subscription.cancel();
      }
    }
  }
}
