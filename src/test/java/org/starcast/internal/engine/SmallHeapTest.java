package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.starcast.FakeSink;
import org.starcast.ResponseRuntime;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseMessage;
import org.starcast.SseStatistics.BackplaneStatus;
import org.starcast.Subscription;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.payload.PayloadRule;
import org.starcast.internal.wire.EventId;
import org.starcast.internal.wire.SseFormat;
import org.starcast.internal.writer.SinkWriter;
import org.starcast.spi.Backplane;
import org.starcast.spi.OutgoingEvent;
import org.starcast.spi.StoredEvent;

/**
 * A JVM of 64 MiB with the defaults, and 500 stalled clients of each way in: published events,
 * messages to one client, streams that wait for room, and pages of a log that is longer than the
 * node's. No way is outside of the bound, and healthy clients beside them get everything.
 */
class SmallHeapTest {

  private static final int STALLED = 500;
  private static final int EVENTS = 100;
  private static final int BYTES = 20_000;
  private static final long STORED = 100_000;

  @Test
  void stalledClientsOfEveryWayInDoNotExhaustTheHeap() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+ExitOnOutOfMemoryError",
                "-cp",
                System.getProperty("java.class.path"),
                SmallHeapTest.class.getName())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    assertThat(output).contains("every healthy client got all");
  }

  /** What the small JVM runs. */
  public static void main(String[] args) throws Exception {
    new ResponseRuntime().beforeAll(null);
    ExecutorService threads = Executors.newCachedThreadPool();
    Map<String, String> values =
        Map.of("starcast.drain-window", "PT0S", "starcast.log.events", "64");
    StarcastConfig config =
        StarcastConfig.read(key -> Optional.ofNullable(values.get(key)), values.keySet());
    DeliveryEngine engine =
        new DeliveryEngine(
            config,
            new LongLog(),
            Thread::new,
            threads,
            threads,
            new PayloadRule()::apply,
            null,
            null,
            new Quiet());
    Subscription events = Subscription.to("a");
    Subscription pages = Subscription.to("old").resumeFrom("e-" + (STORED - 5_000));
    Reader healthyEvents = new Reader(engine, events, true);
    Reader healthyPages = new Reader(engine, pages, true);
    Reader healthyDirect = new Reader(engine, Subscription.none(), true);
    Reader healthyStream = new Reader(engine, Subscription.none(), true);
    List<Reader> direct = new ArrayList<>();
    List<Reader> streams = new ArrayList<>();
    for (int i = 0; i < STALLED; i++) {
      new Reader(engine, events, false);
      new Reader(
          engine, Subscription.to("old").resumeFrom("e-" + (STORED - 5_000 - 10 * i)), false);
      direct.add(new Reader(engine, Subscription.none(), false));
      streams.add(new Reader(engine, Subscription.none(), false));
    }
    SseMessage message = SseMessage.of("x".repeat(BYTES));
    for (int i = 0; i < EVENTS; i++) {
      engine.publish(message.toBuilder().topic("a").build(), Set.of());
      for (Reader client : direct) {
        client.client.send(message);
      }
      for (Reader client : streams) {
        // as a stream does: the next when the one before is queued
        if (client.last == null || client.last.isDone()) {
          client.last = client.client.sendWhenRoom(message).toCompletableFuture();
        }
      }
      healthyDirect.client.send(message);
      healthyDirect.await((long) (i + 1) * BYTES);
      healthyStream.client.sendWhenRoom(message).toCompletableFuture().get(1, TimeUnit.MINUTES);
    }
    healthyEvents.await((long) EVENTS * BYTES);
    healthyDirect.await((long) EVENTS * BYTES);
    healthyStream.await((long) EVENTS * BYTES);
    healthyPages.await(5_000L * BYTES);
    System.out.println("every healthy client got all");
    engine.stop();
    threads.shutdownNow();
  }

  /** A client, and what it has taken. */
  private static final class Reader implements SinkWriter {
    private final Client client;
    private final boolean healthy;
    private final AtomicLong taken = new AtomicLong();
    private byte[] held;
    private CompletableFuture<Boolean> last;

    Reader(DeliveryEngine engine, Subscription subscription, boolean healthy) throws IOException {
      this.healthy = healthy;
      client = (Client) engine.register(FakeSink.manual(), subscription, null);
      client.writer(this);
      client.writable();
    }

    void await(long bytes) throws InterruptedException {
      long end = System.nanoTime() + Duration.ofMinutes(1).toNanos();
      while (taken.get() < bytes) {
        if (System.nanoTime() > end || client.state() == SseClient.State.CLOSED) {
          System.out.println("only " + taken + " of " + bytes + ", " + client.closeReason());
          System.exit(1);
        }
        Thread.yield();
      }
    }

    @Override
    public boolean isGzip() {
      return false;
    }

    @Override
    public boolean progressed() {
      return false;
    }

    @Override
    public String name() {
      return "memory";
    }

    @Override
    public void start() {
      // it is told by the constructor
    }

    @Override
    public boolean write(byte[] bytes, int offset, int length) {
      taken.addAndGet(length);
      // as a container does with what it cannot send
      held = healthy ? null : java.util.Arrays.copyOfRange(bytes, offset, offset + length);
      return healthy;
    }

    @Override
    public boolean resume() {
      return healthy;
    }

    @Override
    public void close() {
      held = null;
    }

    @Override
    public void abort() {
      held = null;
    }
  }

  /** A stream of very many events, which takes no memory. */
  private static final class LongLog implements Backplane {
    private Receiver receiver;
    private long sequence = STORED;

    @Override
    public CompletionStage<Void> start(Receiver receiver, ThreadFactory threads) {
      this.receiver = receiver;
      receiver.began("e", STORED, List.of());
      return CompletableFuture.completedStage(null);
    }

    @Override
    public synchronized CompletionStage<Long> append(OutgoingEvent envelope) {
      receiver.received(envelope.at("e", ++sequence, System.currentTimeMillis()), envelope);
      return CompletableFuture.completedStage(sequence);
    }

    @Override
    public CompletionStage<Void> command(String type, byte[] body) {
      return CompletableFuture.completedStage(null);
    }

    @Override
    public boolean isShared() {
      return true;
    }

    @Override
    public CompletionStage<List<StoredEvent>> read(long from, long to) {
      List<StoredEvent> read = new ArrayList<>();
      for (long at = from; at <= Math.min(to, from + 15); at++) {
        byte[] bytes = SseFormat.encode(null, "e-" + at, null, "x".repeat(BYTES), null);
        read.add(new StoredEvent(at, 0, List.of("old"), null, List.of(), bytes, bytes.length));
      }
      return CompletableFuture.completedStage(Collections.unmodifiableList(read));
    }

    @Override
    public long oldest() {
      return 1;
    }

    @Override
    public BackplaneStatus status() {
      return new BackplaneStatus("long", true, 0, 0, 0, 0, 0, 0, 0, Duration.ZERO);
    }

    @Override
    public void close() {
      // nothing to end
    }
  }

  private static final class Quiet implements EngineListener {
    @Override
    public void opened(SseClient client) {}

    @Override
    public void closed(SseClient client, CloseReason reason) {}

    @Override
    public void unpublished(SseMessage message, Throwable failure) {}

    @Override
    public void commanded(EventId at, String type, byte[] body) {}
  }
}
