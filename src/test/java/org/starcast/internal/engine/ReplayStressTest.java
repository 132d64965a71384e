package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.starcast.PublishResult;
import org.starcast.SseStatistics.Metric;
import org.starcast.Subscription;
import org.starcast.internal.backplane.MemoryStream;
import org.starcast.internal.engine.EngineFixture.Stream;
import org.starcast.testing.ReceivedEvent;

/**
 * Clients that come, fall behind, leave and come back while others publish at full speed: the
 * replay joins the live events without loss, duplicate or disorder, or a gap is told. {@code
 * -Dstarcast.stress.seed=…} repeats the choices of a failure, whose message has the seed.
 */
class ReplayStressTest {

  private static final int TOPICS = 4;

  private final long seed = Long.getLong("starcast.stress.seed", new Random().nextLong());
  private final Map<Long, String> model = new ConcurrentHashMap<>();

  /** One logical client over all its connections. */
  private final class Hopper {
    private final String topic;
    private final Random random;
    private final List<ReceivedEvent> events = new ArrayList<>();
    private final List<EngineFixture> nodes;
    private Stream stream;

    Hopper(List<EngineFixture> nodes, Random random) {
      this.nodes = nodes;
      this.random = random;
      this.topic = "t." + random.nextInt(TOPICS);
      connect("earliest");
    }

    void connect(String from) {
      Subscription subscription =
          Subscription.to(topic).resumeFrom(from).queue(1 + random.nextInt(20), 1024);
      EngineFixture node = nodes.get(random.nextInt(nodes.size()));
      stream = node.connect(subscription, random.nextInt(4000));
    }

    /** The container takes some more, or the connection breaks and the client comes back. */
    void step() {
      if (random.nextInt(20) > 0) {
        stream.writer().grant(1 + random.nextInt(5000));
        return;
      }
      stream.client().failed(null);
      stream.awaitClosed();
      events.addAll(stream.writer().events());
      connect(events.isEmpty() ? "earliest" : events.get(events.size() - 1).lastEventId());
    }

    void finish(String last) {
      stream.unplug();
      EngineFixture.until(
          () ->
              stream.writer().events().stream()
                  .anyMatch(event -> event.lastEventId().equals(last)));
      events.addAll(stream.writer().events());
    }

    void check() {
      // whoever asks for the earliest event gets it, whichever that is by then
      long before = events.isEmpty() ? 0 : sequence(events.get(0).lastEventId()) - 1;
      boolean gap = false;
      for (ReceivedEvent event : events) {
        long sequence = sequence(event.lastEventId());
        if (event.event().equals("starcast-gap")) {
          gap = true;
          before = sequence;
          continue;
        }
        assertThat(sequence).isGreaterThan(before);
        String published = model.get(sequence);
        assertThat(event.data()).isEqualTo(published);
        for (long between = before + 1; between < sequence; between++) {
          assertThat(model.get(between))
              .as("not delivered, seq %d, gap told before: %s", between, gap)
              .doesNotStartWith(topic + " ");
        }
        before = sequence;
      }
    }
  }

  private static long sequence(String id) {
    return Long.parseLong(id.substring(id.indexOf('-') + 1));
  }

  @RepeatedTest(6)
  void everyClientsLogIsTheModelsOrItIsTold() throws Exception {
    // a short log, so that clients fall off it; a long one, so that they need not
    race(new Random(seed), 500, false);
    race(new Random(seed), 100_000, true);
  }

  private void race(Random random, int logged, boolean complete) throws Exception {
    model.clear();
    int publishers = 3;
    int messages = 4_000;
    ExecutorService threads = Executors.newCachedThreadPool();
    try (EngineFixture fixture =
        new EngineFixture("log.events", String.valueOf(logged), "drain-threads", "2")) {
      List<Future<?>> running = new ArrayList<>();
      AtomicInteger publishing = new AtomicInteger(publishers);
      for (int p = 0; p < publishers; p++) {
        long own = random.nextLong();
        running.add(
            threads.submit(
                () -> {
                  Random choice = new Random(own);
                  for (int i = 0; i < messages; i++) {
                    String topic = "t." + choice.nextInt(TOPICS);
                    String data = topic + " " + "x".repeat(choice.nextInt(200));
                    PublishResult result = fixture.publish(topic, data);
                    model.put(result.sequence(), data);
                    if (i % 64 == 0) {
                      Thread.yield();
                    }
                  }
                  publishing.decrementAndGet();
                }));
      }
      Map<Hopper, Future<?>> hoppers = new HashMap<>();
      for (int i = 0; i < 4; i++) {
        Hopper hopper = new Hopper(List.of(fixture), new Random(random.nextLong()));
        hoppers.put(
            hopper,
            threads.submit(
                () -> {
                  while (publishing.get() > 0) {
                    hopper.step();
                    Thread.yield();
                  }
                }));
      }
      for (Future<?> publisher : running) {
        publisher.get(60, TimeUnit.SECONDS);
      }
      for (Future<?> hopper : hoppers.values()) {
        hopper.get(60, TimeUnit.SECONDS);
      }
      for (Hopper hopper : hoppers.keySet()) {
        PublishResult last = fixture.publish(hopper.topic, hopper.topic + " last");
        model.put(last.sequence(), hopper.topic + " last");
        hopper.finish(last.id());
        hopper.check();
      }
      if (complete) {
        assertThat(fixture.engine().statisticsSnapshot().get(Metric.GAPS)).isZero();
      }
    } catch (Exception | AssertionError e) {
      throw new AssertionError("seed " + seed + ": " + e, e);
    } finally {
      threads.shutdownNow();
    }
  }

  @RepeatedTest(3)
  void clientsHopBetweenNodesThatLagAndGetAllInOrder() throws Exception {
    Random random = new Random(seed);
    MemoryStream shared = new MemoryStream();
    List<MemoryStream.Node> backplanes = List.of(shared.node(), shared.node(), shared.node());
    // logs that are so short that most is read from the stream
    String[] settings = {"log.events", "64", "backplane.replay-cache-bytes", "65536"};
    ExecutorService threads = Executors.newCachedThreadPool();
    try (EngineFixture one = new EngineFixture(backplanes.get(0), settings);
        EngineFixture two = new EngineFixture(backplanes.get(1), settings);
        EngineFixture three = new EngineFixture(backplanes.get(2), settings)) {
      List<EngineFixture> nodes = List.of(one, two, three);
      List<Future<?>> running = new ArrayList<>();
      AtomicInteger publishing = new AtomicInteger(nodes.size());
      for (EngineFixture node : nodes) {
        Random choice = new Random(random.nextLong());
        running.add(
            threads.submit(
                () -> {
                  for (int i = 0; i < 2_000; i++) {
                    if (choice.nextInt(200) == 0) {
                      backplanes.get(choice.nextInt(3)).lag(choice.nextBoolean());
                    }
                    publish(node, "t." + choice.nextInt(TOPICS), "x".repeat(choice.nextInt(200)));
                    Thread.yield();
                  }
                  return publishing.decrementAndGet();
                }));
      }
      List<Hopper> hoppers = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        Hopper hopper = new Hopper(nodes, new Random(random.nextLong()));
        hoppers.add(hopper);
        running.add(
            threads.submit(
                () -> {
                  while (publishing.get() > 0) {
                    hopper.step();
                    Thread.yield();
                  }
                  return null;
                }));
      }
      for (Future<?> task : running) {
        task.get(60, TimeUnit.SECONDS);
      }
      backplanes.forEach(backplane -> backplane.lag(false));
      for (Hopper hopper : hoppers) {
        hopper.finish(publish(one, hopper.topic, "last"));
        hopper.check();
      }
      for (EngineFixture node : nodes) {
        assertThat(node.engine().statisticsSnapshot().get(Metric.GAPS)).isZero();
      }
    } catch (Exception | AssertionError e) {
      throw new AssertionError("seed " + seed + ": " + e, e);
    } finally {
      threads.shutdownNow();
    }
  }

  private String publish(EngineFixture node, String topic, String text) throws Exception {
    String data = topic + " " + text;
    String id = node.publish(topic, data).stored().toCompletableFuture().get();
    model.put(sequence(id), data);
    return id;
  }

  @Test
  void aClientThatIsLevelIsNotHeldInTheLog() {
    try (EngineFixture fixture = new EngineFixture("log.events", "100")) {
      Stream stream = fixture.connect(Subscription.to("a"));
      fixture.publish("a", "1");
      stream.awaitData("1");
      long replayed = fixture.engine().statisticsSnapshot().get(Metric.REPLAYED);
      for (int i = 2; i <= 50; i++) {
        fixture.publish("a", "" + i);
        stream.awaitIdle();
      }

      assertThat(stream.writer().data()).hasSize(50);
      assertThat(fixture.engine().statisticsSnapshot().get(Metric.REPLAYED)).isEqualTo(replayed);
    }
  }
}
