package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.starcast.FakeSink;
import org.starcast.MessageSource;
import org.starcast.PublishResult;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.SseStatistics;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;
import org.starcast.internal.backplane.LocalBackplane;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.payload.PayloadRule;
import org.starcast.internal.security.Grant;
import org.starcast.internal.wire.EventId;
import org.starcast.spi.Backplane;

/**
 * A running engine, whose clients write into memory; the one place in the tests that makes an
 * engine. When it is closed it checks what must hold whatever was done: every response was ended
 * once and no writer misused, {@code opened} and {@code closed} came in pairs, what was published
 * is accounted for, no byte is counted as queued, and no thread is left.
 */
final class EngineFixture implements AutoCloseable {

  /** A client and its end of the connection. */
  record Stream(Client client, MemoryWriter writer) {

    /** Has the connection take nothing more, with one message on its way and none queued. */
    Stream plug() {
      awaitIdle();
      writer.stall();
      assertThat(client.send("plug")).isTrue();
      until(() -> writer.blocked() && client.queued() == 0 && client.queuedBytes() > 0);
      return this;
    }

    /** Takes all that comes. */
    Stream unplug() {
      writer.grant(MemoryWriter.OPEN);
      return this;
    }

    /** Waits until all that was queued has been written, and a comment behind it. */
    Stream awaitIdle() {
      until(() -> client.state() == SseClient.State.OPEN && client.queuedBytes() == 0);
      int before = writer.count(MARKER);
      assertThat(client.send(SseMessage.builder().comment(MARKER_TEXT).build())).isTrue();
      until(() -> writer.count(MARKER) > before && client.queuedBytes() == 0);
      return this;
    }

    /** What has been written, without the comments of {@link #awaitIdle}. */
    String text() {
      return new String(writer.bytes(), StandardCharsets.UTF_8).replace(MARKER, "");
    }

    Stream awaitClosed() {
      until(() -> client.state() == SseClient.State.CLOSED && writer.ended());
      return this;
    }

    /** Waits until the events with exactly this data have arrived. */
    Stream awaitData(String... data) {
      await()
          .pollInterval(POLL)
          .untilAsserted(() -> assertThat(writer.data()).containsExactly(data));
      return this;
    }
  }

  private static final String MARKER_TEXT = "all before has been written";
  private static final String MARKER = ": " + MARKER_TEXT + "\n\n";
  private static final Duration POLL = Duration.ofMillis(2);

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Queue<Thread> engineThreads = new ConcurrentLinkedQueue<>();
  private final Queue<Stream> streams = new ConcurrentLinkedQueue<>();
  private final Queue<SseClient> opened = new ConcurrentLinkedQueue<>();
  private final Queue<SseClient> closed = new ConcurrentLinkedQueue<>();
  private final AtomicInteger commandsMissed = new AtomicInteger();
  private final Queue<Throwable> unpublished = new ConcurrentLinkedQueue<>();
  private final DeliveryEngine engine;
  private volatile Consumer<SseClient> onOpened = client -> {};
  private volatile long observerNanos;

  /** With the defaults, but for these keys and values, less the {@code starcast.} of the key. */
  EngineFixture(String... settings) {
    this(null, null, settings);
  }

  /** With an executor of the test's own for what may block. */
  EngineFixture(Executor executor, String... settings) {
    this(null, executor, settings);
  }

  /** With tracing, or null. */
  EngineFixture(Tracing tracing, Executor executor, String... settings) {
    this(null, tracing, executor, settings);
  }

  /** A node of this backplane. */
  EngineFixture(Backplane backplane, String... settings) {
    this(backplane, null, null, settings);
  }

  /** With what clients get behind a gap unless their subscription says otherwise. */
  static EngineFixture withOnGap(MessageSource onGap) {
    return new EngineFixture(null, null, null, onGap);
  }

  /** A node of this backplane, with tracing. */
  EngineFixture(Backplane backplane, Tracing tracing, Executor executor, String... settings) {
    this(backplane, tracing, executor, null, settings);
  }

  private EngineFixture(
      Backplane backplane,
      Tracing tracing,
      Executor executor,
      MessageSource onGap,
      String... settings) {
    StarcastConfig config = config(settings);
    engine =
        new DeliveryEngine(
            config,
            backplane == null ? new LocalBackplane(config) : backplane,
            task -> {
              Thread thread = new Thread(task);
              engineThreads.add(thread);
              return thread;
            },
            executor == null ? threads : executor,
            executor == null ? threads : executor,
            new PayloadRule()::apply,
            onGap,
            tracing,
            new Recorder());
  }

  /** The defaults, but for these keys and values, and what happens by time. */
  static StarcastConfig config(String... settings) {
    Map<String, String> values = new HashMap<>();
    values.put("starcast.drain-window", "PT0S");
    // nothing happens by time unless a test asks for it
    values.put("starcast.heartbeat", "PT1H");
    values.put("starcast.send-timeout", "PT1H");
    for (int i = 0; i < settings.length; i += 2) {
      values.put("starcast." + settings[i], settings[i + 1]);
    }
    return StarcastConfig.read(key -> Optional.ofNullable(values.get(key)), values.keySet());
  }

  private final class Recorder implements EngineListener {
    @Override
    public void opened(SseClient client) {
      opened.add(client);
      onOpened.accept(client);
    }

    @Override
    public void closed(SseClient client, CloseReason reason) {
      assertThat(client.closeReason()).contains(reason);
      LockSupport.parkNanos(observerNanos);
      closed.add(client);
    }

    @Override
    public void unpublished(SseMessage message, Throwable failure) {
      unpublished.add(failure);
    }

    @Override
    public void commanded(EventId at, String type, byte[] body) {}

    @Override
    public void commandsMissed(StreamHistories order) {
      commandsMissed.incrementAndGet();
    }
  }

  /** How often it was said that control messages may be lost. */
  int commandsMissed() {
    return commandsMissed.get();
  }

  /** Has the observer of ends take that long. */
  void slowObservers(Duration time) {
    observerNanos = time.toNanos();
  }

  /** Does that when a client is open. */
  void onOpened(Consumer<SseClient> observer) {
    onOpened = observer;
  }

  int closedSoFar() {
    return closed.size();
  }

  static void until(BooleanSupplier condition) {
    await().pollDelay(Duration.ZERO).pollInterval(POLL).until(condition::getAsBoolean);
  }

  DeliveryEngine engine() {
    return engine;
  }

  /** A client that is open and takes all that comes. */
  Stream connect(Subscription subscription) {
    Stream stream = connect(subscription, MemoryWriter.OPEN);
    until(() -> stream.client.state() == SseClient.State.OPEN);
    return stream;
  }

  /** A client that is open and takes all that comes, of a caller who may hear this. */
  Stream connect(Subscription subscription, Grant grant) {
    Stream stream = connecting(subscription, MemoryWriter.OPEN, null, grant);
    stream.writer.start();
    until(() -> stream.client.state().compareTo(SseClient.State.OPEN) >= 0);
    return stream;
  }

  /** A client that takes so many bytes. */
  Stream connect(Subscription subscription, long window) {
    Stream stream = connecting(subscription, window);
    stream.writer.start();
    return stream;
  }

  /** A client whose writer has not been started. */
  Stream connecting(Subscription subscription, long window) {
    return connecting(subscription, window, null);
  }

  private Stream connecting(Subscription subscription, long window, HttpServletRequest request) {
    return connecting(subscription, window, request, Grant.ALL);
  }

  private Stream connecting(
      Subscription subscription, long window, HttpServletRequest request, Grant grant) {
    try {
      // a sink that never answers leaves the client untouched until it gets the writer of the test
      Client client = (Client) engine.register(FakeSink.manual(), subscription, request, grant);
      MemoryWriter writer = new MemoryWriter(client, window);
      Stream stream = new Stream(client, writer);
      // a client that was closed while it opened does not use it
      if (client.writer(writer)) {
        streams.add(stream);
      }
      return stream;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A client of this user (or null) from this address. */
  Stream connectAs(String principal, String address) {
    Stream stream = connecting(Subscription.all(), MemoryWriter.OPEN, request(principal, address));
    stream.writer.start();
    return stream.awaitIdle();
  }

  private static HttpServletRequest request(String principal, String address) {
    Principal user = principal == null ? null : () -> principal;
    return (HttpServletRequest)
        Proxy.newProxyInstance(
            EngineFixture.class.getClassLoader(),
            new Class<?>[] {HttpServletRequest.class},
            (proxy, method, args) ->
                switch (method.getName()) {
                  case "isAsyncStarted" -> false;
                  case "getMethod" -> "GET";
                  case "getUserPrincipal" -> user;
                  case "getRemoteAddr" -> address;
                  case "getHeader", "getQueryString", "getAttribute" -> null;
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  PublishResult publish(String topic, Object data) {
    return publish(SseMessage.builder().topic(topic).data(data));
  }

  PublishResult publish(SseMessage.Builder message) {
    return engine.publish(message.build(), Set.of());
  }

  /** What was meant for clients is what has become of it; nothing may be under way. */
  void assertBalance() {
    assertBalance(engine);
  }

  /**
   * As {@link #assertBalance()}, of any engine. What is in a write that is under way is neither
   * pending nor delivered, and a thread may stand still in the middle of one for long.
   */
  static void assertBalance(DeliveryEngine engine) {
    await()
        .pollDelay(Duration.ZERO)
        .pollInterval(POLL)
        .untilAsserted(
            () -> {
              SseStatistics now = engine.statisticsSnapshot();
              assertThat(
                      now.get(Metric.DELIVERED)
                          + now.get(Metric.DROPPED)
                          + now.get(Metric.COALESCED)
                          + now.get(Metric.MISSED)
                          + now.get(Metric.DISCARDED)
                          + now.get(Metric.PENDING))
                  .as("balance of %s", now)
                  .isEqualTo(now.get(Metric.MATCHED) + now.get(Metric.DIRECT));
            });
  }

  /** Has the first drain thread end, as an error would. */
  void endDrainThread() {
    engine.loop(0).stop();
  }

  /** Waits until nothing moves any more. */
  static void settled(EngineFixture fixture) {
    SseStatistics[] last = {null};
    await()
        .pollInterval(Duration.ofMillis(100))
        .until(
            () -> {
              SseStatistics before = last[0];
              last[0] = fixture.engine().statisticsSnapshot();
              return last[0].toString().equals("" + before);
            });
  }

  long closedBecause(CloseReason reason) {
    return engine.statisticsSnapshot().closed().get(reason);
  }

  /** Why publications were reported as failed. */
  List<Throwable> unpublished() {
    return List.copyOf(unpublished);
  }

  /** The clients that were reported as open. */
  List<SseClient> opened() {
    return List.copyOf(opened);
  }

  /** Id and reason of the clients that were reported as closed, once they have been. */
  List<String> closed(int count) {
    until(() -> closed.size() >= count);
    return closed.stream()
        .map(client -> client.id() + " " + client.closeReason().orElseThrow())
        .toList();
  }

  /** Forgets streams that have ended, after the checks that {@link #close} makes. */
  void checkEnded() {
    streams.removeIf(
        stream -> {
          boolean over = stream.writer.ended();
          if (over) {
            assertThat(stream.writer.breaches()).isEmpty();
          }
          return over;
        });
  }

  @Override
  public void close() {
    streams.forEach(Stream::unplug);
    engine.stop();
    for (Thread thread : engineThreads) {
      assertThat(thread.isAlive()).as("thread %s is alive", thread.getName()).isFalse();
    }
    for (Stream stream : streams) {
      assertThat(stream.writer.breaches()).isEmpty();
      assertThat(stream.writer.ended()).as("the response was ended").isTrue();
      assertThat(stream.client.state()).isEqualTo(SseClient.State.CLOSED);
    }
    assertThat(engine.count()).isZero();
    assertBalance();
    assertThat(engine.memory().used()).as("bytes counted as queued").isZero();
    threads.shutdown();
    until(threads::isTerminated);
    assertThat(closed).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(opened);
  }
}
