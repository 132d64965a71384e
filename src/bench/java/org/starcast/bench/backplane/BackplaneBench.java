package org.starcast.bench.backplane;

import io.nats.client.Connection;
import io.nats.client.Dispatcher;
import io.nats.client.Nats;
import io.nats.client.Options;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.SseEventSink;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.starcast.PublishResult;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.Subscription;
import org.starcast.internal.backplane.EncodedEvent;
import org.starcast.internal.backplane.LocalBackplane;
import org.starcast.internal.backplane.NatsBackplane;
import org.starcast.internal.backplane.NatsServer;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.engine.DeliveryEngine;
import org.starcast.internal.engine.EngineListener;
import org.starcast.internal.payload.PayloadRule;
import org.starcast.internal.wire.EventId;
import org.starcast.internal.wire.SseFormat;
import org.starcast.spi.Backplane;
import org.starcast.spi.OutgoingEvent;
import org.starcast.spi.StoredEvent;

/**
 * Publishes, follows, replays and fans out over NATS JetStream with file storage, and over plain
 * NATS and the local backplane for comparison; prints a table. The nodes share this process and the
 * machine with the broker. The middle of three rounds counts.
 */
public final class BackplaneBench {

  private static final int EVENTS = Integer.getInteger("events", 200_000);
  private static final int ROUNDS = 3;
  private static final int PENDING = 8_000;
  private static final ScheduledExecutorService SCHEDULER =
      Executors.newSingleThreadScheduledExecutor(BackplaneBench::daemon);
  private static final String DATA = "x".repeat(100);

  private final List<String> rows = new ArrayList<>();
  private int streams;

  private BackplaneBench() {}

  /** Runs all; {@code -Devents=…} makes it longer or shorter. */
  public static void main(String... args) throws Exception {
    Locale.setDefault(Locale.ROOT);
    BackplaneBench bench = new BackplaneBench();
    try (NatsServer broker = NatsServer.running()) {
      bench.run(broker);
    }
    System.out.printf(
        "%n%s; %d processors; Java %s; %,d events of 100 bytes, file storage%n%n",
        LocalDate.now(), Runtime.getRuntime().availableProcessors(), Runtime.version(), EVENTS);
    System.out.println("| figure | value |\n| --- | --- |");
    bench.rows.forEach(System.out::println);
    System.exit(0);
  }

  private void run(NatsServer broker) throws Exception {
    double core = middle(() -> core(broker.url()));
    double stored = middle(() -> stored(broker));
    rate("plain NATS, published and received by one other (nothing is stored)", core);
    rate("published and stored, pipelined (bar: 50,000)", stored);
    rows.add(String.format("| … of plain NATS | %.0f %% |", 100 * stored / core));
    latencies(broker);
    rate("a node that starts, or was away, catches up", middle(() -> catchUp(broker)));
    rate("replay from the stream, one client", middle(() -> replay(broker, 1)));
    rate(
        "replay from the stream, 100 clients at once, all together",
        middle(() -> replay(broker, 100)));
    double one = middle(() -> fanout(List.of(node(null))));
    double shared = middle(() -> fanout(List.of(node(broker))));
    double two = middle(() -> fanout(sharing(broker, 2)));
    rate("fan-out to 1,000 clients in memory, local backplane: deliveries", one);
    rate("… one node on NATS", shared);
    rate("… two nodes on NATS, 500 clients each, on the same processors", two);
  }

  private interface Measure {
    double perSecond() throws Exception;
  }

  private static double middle(Measure measure) throws Exception {
    double[] results = new double[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      results[i] = measure.perSecond();
    }
    Arrays.sort(results);
    return results[ROUNDS / 2];
  }

  private void rate(String name, double perSecond) {
    rows.add(String.format("| %s | %,.0f/s |", name, perSecond));
    System.out.println(rows.get(rows.size() - 1));
  }

  private static double perSecond(long count, long begun) {
    return count / ((System.nanoTime() - begun) / 1e9);
  }

  // ---- plain NATS

  private static double core(String url) throws Exception {
    Options options =
        new Options.Builder().server(url).maxMessagesInOutgoingQueue(1_000_000).build();
    byte[] body = DATA.getBytes(StandardCharsets.US_ASCII);
    LongAdder received = new LongAdder();
    Connection publisher = Nats.connect(options);
    Connection other = Nats.connect(options);
    try {
      Dispatcher dispatcher = other.createDispatcher(message -> received.increment());
      dispatcher.setPendingLimits(-1, -1);
      dispatcher.subscribe("bench.core");
      other.flush(Duration.ofSeconds(10));
      long begun = System.nanoTime();
      for (int i = 0; i < EVENTS; i++) {
        publisher.publish("bench.core", body);
      }
      await(received::sum, EVENTS);
      return perSecond(EVENTS, begun);
    } finally {
      publisher.close();
      other.close();
    }
  }

  private static void await(LongSupplier count, long expected) {
    long deadline = System.nanoTime() + Duration.ofMinutes(5).toNanos();
    while (count.getAsLong() < expected) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(count.getAsLong() + " of " + expected);
      }
      LockSupport.parkNanos(200_000);
    }
  }

  // ---- backplanes

  private StarcastConfig config(NatsServer broker, String... settings) {
    Map<String, String> values = new HashMap<>();
    if (broker != null) {
      values.put("starcast.backplane", "nats");
      values.put("starcast.backplane.nats.servers", broker.url());
      values.put("starcast.backplane.nats.stream", "BENCH-" + streams);
      values.put("starcast.backplane.nats.subject-prefix", "bench.s" + streams);
    }
    values.put("starcast.log.events", "1000000");
    values.put("starcast.log.bytes", "500000000");
    values.put("starcast.drain-window", "PT0S");
    for (int i = 0; i < settings.length; i += 2) {
      values.put(settings[i], settings[i + 1]);
    }
    return StarcastConfig.read(key -> Optional.ofNullable(values.get(key)), values.keySet());
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task);
    thread.setDaemon(true);
    return thread;
  }

  /** Counts what is received, and when. */
  private static class Counter implements Backplane.Receiver {
    final LongAdder received = new LongAdder();

    @Override
    public void began(String epoch, long after, List<? extends StoredEvent> states) {}

    @Override
    public void received(StoredEvent event, OutgoingEvent envelope) {
      received.increment();
    }

    @Override
    public void missed(long upTo) {
      throw new IllegalStateException("missed events up to " + upTo);
    }

    @Override
    public void commanded(long sequence, String type, byte[] body) {}

    @Override
    public List<? extends StoredEvent> states() {
      return List.of();
    }
  }

  private static OutgoingEvent envelope(String data) {
    return new EncodedEvent(
        List.of("orders.created"), null, List.of(), null, SseFormat.draft(null, null, data, null));
  }

  private double stored(NatsServer broker) throws Exception {
    streams++;
    Counter counter = new Counter();
    Backplane backplane = started(new NatsBackplane(config(broker), SCHEDULER), counter);
    try {
      Semaphore room = new Semaphore(PENDING);
      long begun = System.nanoTime();
      for (int i = 0; i < EVENTS; i++) {
        room.acquire();
        backplane.append(envelope(DATA)).whenComplete((sequence, failure) -> room.release());
      }
      room.acquire(PENDING);
      double rate = perSecond(EVENTS, begun);
      if (backplane.status().failed() > 0) {
        throw new IllegalStateException(backplane.status().toString());
      }
      await(counter.received::sum, EVENTS);
      return rate;
    } finally {
      backplane.close();
    }
  }

  private static Backplane started(Backplane backplane, Backplane.Receiver receiver)
      throws Exception {
    ThreadFactory threads = BackplaneBench::daemon;
    backplane.start(receiver, threads).toCompletableFuture().get();
    return backplane;
  }

  /** From append on one node to receipt on another, 1,000 events a second. */
  private void latencies(NatsServer broker) throws Exception {
    streams++;
    int events = 10_000;
    long[] nanos = new long[events];
    CountDownLatch all = new CountDownLatch(events);
    Backplane one = started(new NatsBackplane(config(broker), SCHEDULER), new Counter());
    Backplane two =
        started(
            new NatsBackplane(config(broker), SCHEDULER),
            new Counter() {
              @Override
              public void received(StoredEvent event, OutgoingEvent envelope) {
                String sent = SseFormat.decode(event.bytes(), event.length()).data().orElseThrow();
                nanos[(int) (events - all.getCount())] = System.nanoTime() - Long.parseLong(sent);
                all.countDown();
              }
            });
    try {
      long next = System.nanoTime();
      for (int i = 0; i < events; i++) {
        while (System.nanoTime() < next) {
          LockSupport.parkNanos(100_000);
        }
        next += 1_000_000;
        one.append(envelope(Long.toString(System.nanoTime())));
      }
      all.await();
    } finally {
      one.close();
      two.close();
    }
    Arrays.sort(nanos);
    rows.add(
        String.format(
            "| from publish on one node to another, 1,000 events/s: p50, p99 | %.2f ms, %.2f ms |",
            nanos[events / 2] / 1e6, nanos[events * 99 / 100] / 1e6));
    System.out.println(rows.get(rows.size() - 1));
  }

  private double catchUp(NatsServer broker) throws Exception {
    stored(broker);
    Counter counter = new Counter();
    long begun = System.nanoTime();
    Backplane late = started(new NatsBackplane(config(broker), SCHEDULER), counter);
    try {
      await(counter.received::sum, EVENTS);
      return perSecond(EVENTS, begun);
    } finally {
      late.close();
    }
  }

  // ---- engines

  /** Counts what is written to a client, in memory. */
  private record Sink(LongAdder events) implements SseEventSink {

    @Override
    public CompletionStage<?> send(OutboundSseEvent event) {
      if (event.getData() != null) {
        events.increment();
      }
      return CompletableFuture.completedStage(null);
    }

    @Override
    public boolean isClosed() {
      return false;
    }

    @Override
    public void close() {}
  }

  private static final class Silent implements EngineListener {

    @Override
    public void opened(SseClient client) {}

    @Override
    public void closed(SseClient client, CloseReason reason) {}

    @Override
    public void unpublished(SseMessage message, Throwable failure) {
      throw new IllegalStateException(failure);
    }

    @Override
    public void commanded(EventId at, String type, byte[] body) {}
  }

  private DeliveryEngine node(NatsServer broker, String... settings) {
    if (broker != null) {
      streams++;
    }
    return engine(config(broker, settings));
  }

  private List<DeliveryEngine> sharing(NatsServer broker, int nodes) {
    streams++;
    List<DeliveryEngine> sharing = new ArrayList<>();
    for (int i = 0; i < nodes; i++) {
      sharing.add(engine(config(broker)));
    }
    return sharing;
  }

  private static DeliveryEngine engine(StarcastConfig config) {
    ExecutorService executor = Executors.newFixedThreadPool(2, BackplaneBench::daemon);
    Backplane backplane =
        config.backplane().type().equals("nats")
            ? new NatsBackplane(config, SCHEDULER)
            : new LocalBackplane(config);
    return new DeliveryEngine(
        config,
        backplane,
        BackplaneBench::daemon,
        executor,
        executor,
        new PayloadRule()::apply,
        null,
        null,
        new Silent());
  }

  /** Clients that come back with an id from before all that the node keeps. */
  private double replay(NatsServer broker, int clients) throws Exception {
    int events = EVENTS / 4;
    DeliveryEngine node = node(broker, "starcast.log.events", "1000");
    try {
      String first = publish(node, 1).stored().toCompletableFuture().get();
      publish(node, events).stored().toCompletableFuture().get();
      LongAdder received = new LongAdder();
      long begun = System.nanoTime();
      for (int i = 0; i < clients; i++) {
        node.register(new Sink(received), Subscription.to("orders.*").resumeFrom(first), null);
      }
      await(received::sum, (long) clients * events);
      return perSecond((long) clients * events, begun);
    } finally {
      node.stop();
    }
  }

  private static PublishResult publish(DeliveryEngine node, int events)
      throws InterruptedException {
    SseMessage message = SseMessage.builder().topic("orders.created").data(DATA).build();
    Semaphore room = new Semaphore(PENDING);
    PublishResult last = null;
    for (int i = 0; i < events; i++) {
      room.acquire();
      last = node.publish(message, Set.of());
      last.stored().whenComplete((id, failure) -> room.release());
    }
    return last;
  }

  private static double fanout(List<DeliveryEngine> nodes)
      throws IOException, InterruptedException {
    int clients = 1_000;
    int events = 1_000;
    LongAdder received = new LongAdder();
    try {
      for (int i = 0; i < clients; i++) {
        nodes.get(i % nodes.size()).register(new Sink(received), Subscription.to("orders.*"), null);
      }
      long begun = System.nanoTime();
      for (int i = 0; i < events; i += nodes.size()) {
        for (DeliveryEngine node : nodes) {
          publish(node, 1);
        }
      }
      await(received::sum, (long) clients * events);
      return perSecond((long) clients * events, begun);
    } finally {
      nodes.forEach(DeliveryEngine::stop);
    }
  }
}
