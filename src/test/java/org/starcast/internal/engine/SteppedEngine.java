package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.starcast.FakeSink;
import org.starcast.PublishResult;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;
import org.starcast.internal.backplane.LocalBackplane;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.payload.PayloadRule;
import org.starcast.internal.security.Grant;
import org.starcast.internal.wire.EventId;
import org.starcast.spi.Backplane;
import org.starcast.testing.ReceivedEvent;

/**
 * An engine with one drain thread, whose threads never run: a test does their work, cycle by cycle,
 * so that it sees what each did, and waits for nothing. When it is closed it checks what must hold
 * whatever was done: every response was ended once and no writer misused, what was published is
 * accounted for, and no byte is counted as queued.
 */
final class SteppedEngine implements AutoCloseable {

  /** A thread that is never started: the test does its work. */
  static final class IdleThread extends Thread {
    IdleThread(Runnable task) {
      super(task);
    }

    @Override
    public void start() {
      // the test calls what it would run
    }
  }

  /** A client and its end of the connection. */
  record Viewer(Client client, MemoryWriter writer) {

    List<String> data() {
      return writer.data();
    }

    /** The names of the events that have arrived. */
    List<String> names() {
      return writer.events().stream().map(ReceivedEvent::event).toList();
    }

    /** All that has arrived. */
    String text() {
      return new String(writer.bytes(), StandardCharsets.UTF_8);
    }
  }

  /** What the engine's listener does unless a test has another. */
  static class Silent implements EngineListener {
    @Override
    public void opened(SseClient client) {}

    @Override
    public void closed(SseClient client, CloseReason reason) {}

    @Override
    public void unpublished(SseMessage message, Throwable failure) {}

    @Override
    public void commanded(EventId at, String type, byte[] body) {}
  }

  private final DeliveryEngine engine;
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private final List<Viewer> viewers = new ArrayList<>();

  /** With the defaults, but for these keys and values, less the {@code starcast.} of the key. */
  SteppedEngine(String... settings) {
    this(null, settings);
  }

  /** A node of this backplane; of one of its own if that is null. */
  SteppedEngine(Backplane backplane, String... settings) {
    this(backplane, null, new Silent(), settings);
  }

  /** With tracing, or null. */
  SteppedEngine(Backplane backplane, Tracing tracing, EngineListener listener, String... settings) {
    List<String> all = new ArrayList<>(List.of("drain-threads", "1"));
    all.addAll(List.of(settings));
    StarcastConfig config = EngineFixture.config(all.toArray(String[]::new));
    engine =
        new DeliveryEngine(
            config,
            backplane == null ? new LocalBackplane(config) : backplane,
            IdleThread::new,
            tasks::add,
            task -> {},
            new PayloadRule()::apply,
            null,
            tracing,
            listener);
  }

  DeliveryEngine engine() {
    return engine;
  }

  EventOrder order() {
    return engine.order();
  }

  long count(Metric metric) {
    return engine.statisticsSnapshot().get(metric);
  }

  /** A client that is open, takes all that comes, and has all that there was for it. */
  Viewer connect(Subscription subscription) {
    Viewer viewer = connecting(subscription, MemoryWriter.OPEN);
    viewer.writer.start();
    run();
    return viewer;
  }

  /** A client whose writer has not been started, and takes so many bytes. */
  Viewer connecting(Subscription subscription, long window) {
    return connecting(subscription, window, Grant.ALL);
  }

  Viewer connecting(Subscription subscription, long window, Grant grant) {
    try {
      // a sink that never answers leaves the client untouched until it gets the writer of the test
      Client client = (Client) engine.register(FakeSink.manual(), subscription, null, grant);
      Viewer viewer = new Viewer(client, new MemoryWriter(client, window));
      assertThat(client.writer(viewer.writer)).isTrue();
      viewers.add(viewer);
      return viewer;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  PublishResult publish(String topic, Object data) {
    return publish(SseMessage.builder().topic(topic).data(data));
  }

  PublishResult publish(SseMessage.Builder message) {
    SseMessage built = message.build();
    return engine.publish(built, built.except());
  }

  /** Publishes these numbers. */
  void publish(String topic, int from, int to) {
    for (int i = from; i <= to; i++) {
      publish(topic, i);
    }
  }

  /** One cycle of the drain thread; false if none is due. */
  boolean cycle() {
    return engine.loop(0).next();
  }

  /** All cycles that are due; returns how many. */
  int run() {
    int cycles = 0;
    while (cycle()) {
      cycles++;
      assertThat(cycles).as("cycles without an end").isLessThan(10_000);
    }
    return cycles;
  }

  /** Does what the engine's executor was given. */
  void runTasks() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  @Override
  public void close() {
    viewers.forEach(viewer -> viewer.writer.grant(MemoryWriter.OPEN));
    run();
    runTasks();
    long begun = System.nanoTime();
    engine.drain(Duration.ZERO, null, Duration.ZERO);
    for (int i = 1; i <= 100 && engine.count() > 0; i++) {
      engine.wheel().turnUntil(begun + Duration.ofMillis(50L * i).toNanos());
      run();
      runTasks();
    }
    engine.notifier().runWaiting();
    engine.stop();
    runTasks();
    for (Viewer viewer : viewers) {
      assertThat(viewer.writer.breaches()).isEmpty();
      assertThat(viewer.writer.ended()).as("the response was ended").isTrue();
      assertThat(viewer.client.state()).isEqualTo(SseClient.State.CLOSED);
    }
    assertThat(engine.count()).isZero();
    assertThat(engine.memory().used()).as("bytes counted as queued").isZero();
    assertThat(count(Metric.PENDING)).isZero();
    EngineFixture.assertBalance(engine);
  }
}
