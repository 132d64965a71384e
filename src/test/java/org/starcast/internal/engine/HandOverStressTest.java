package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starcast.PublishResult;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.Subscription;
import org.starcast.internal.engine.EngineFixture.Stream;
import org.starcast.testing.ReceivedEvent;

/**
 * Very many short races between publishers, drain threads and connections, each judged when it is
 * over: whoever is owed a message has it, once, in the one order of all events. A lost wake-up
 * shows as a round that does not end, a second drain of one client as a misused writer.
 *
 * <p>{@code -Dstarcast.stress.seconds=60} makes each test longer, {@code -Dstarcast.stress.seed=…}
 * repeats the choices (not the timing) of a failure, whose message has the seed.
 */
class HandOverStressTest {

  private static final long NANOS =
      TimeUnit.SECONDS.toNanos(Long.getLong("starcast.stress.seconds", 3));
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(20);
  private static final int PUBLISHERS = 2;

  private final long seed = Long.getLong("starcast.stress.seed", new Random().nextLong());
  private final Random random = new Random(seed);
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void endThreads() throws InterruptedException {
    threads.shutdownNow();
    assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
  }

  /** What was published, with its place in the order. */
  private record Published(long sequence, String topic, String data) {}

  private interface Round {
    void run(EngineFixture fixture, int round) throws Exception;
  }

  private void stress(Round round, String... settings) throws Exception {
    long end = System.nanoTime() + NANOS;
    int rounds = 0;
    try (EngineFixture fixture = new EngineFixture(settings)) {
      do {
        round.run(fixture, rounds++);
        fixture.checkEnded();
      } while (System.nanoTime() < end);
    } catch (Exception | AssertionError e) {
      throw new AssertionError("in round " + rounds + " of seed " + seed + ": " + e, e);
    }
    // a machine too slow for this has not raced anything
    assertThat(rounds).isGreaterThan(3);
  }

  private static void spinUntil(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + PATIENCE;
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        fail("lost: " + what);
      }
      Thread.onSpinWait();
      Thread.yield();
    }
  }

  /** Between nothing and long enough for a drain thread to fall asleep. */
  private static void pause(Random random) {
    for (int i = random.nextInt(8) == 0 ? random.nextInt(20_000) : random.nextInt(50); i > 0; i--) {
      Thread.onSpinWait();
    }
  }

  /** Publishes from several threads, which start together, and returns all in the one order. */
  private List<Future<List<Published>>> publishers(
      EngineFixture fixture, int round, int messages, CyclicBarrier start, String... topics) {
    List<Future<List<Published>>> publishing = new ArrayList<>();
    for (int p = 0; p < PUBLISHERS; p++) {
      String prefix = round + "/" + p + "/";
      long own = random.nextLong();
      publishing.add(
          threads.submit(
              () -> {
                Random choice = new Random(own);
                List<Published> published = new ArrayList<>();
                start.await();
                for (int i = 0; i < messages; i++) {
                  String topic = topics[choice.nextInt(topics.length)];
                  String data = prefix + i + "x".repeat(choice.nextInt(100));
                  PublishResult result = fixture.publish(topic, data);
                  published.add(new Published(result.sequence(), topic, data));
                  pause(choice);
                }
                return published;
              }));
    }
    return publishing;
  }

  private static List<Published> inOrder(List<Future<List<Published>>> publishing)
      throws InterruptedException, ExecutionException {
    List<Published> all = new ArrayList<>();
    for (Future<List<Published>> future : publishing) {
      all.addAll(future.get());
    }
    all.sort(Comparator.comparingLong(Published::sequence));
    return all;
  }

  private static List<String> data(List<Published> published) {
    return published.stream().map(Published::data).toList();
  }

  private static long sequenceOf(ReceivedEvent event) {
    String id = event.lastEventId();
    return Long.parseLong(id.substring(id.indexOf('-') + 1));
  }

  private static void close(List<Stream> streams) {
    streams.forEach(stream -> stream.client().close());
    streams.forEach(stream -> spinUntil("close", () -> stream.writer().ended()));
  }

  private static void assertComplete(Stream stream, List<Published> expected) {
    spinUntil(
        "some of " + expected.size() + " messages for " + stream.client(),
        () ->
            stream.client().queuedBytes() == 0 && stream.writer().data().size() >= expected.size());
    assertThat(stream.writer().data()).isEqualTo(data(expected));
  }

  @ParameterizedTest
  @ValueSource(strings = {"false", "true"})
  void whatIsPublishedReachesEveryOpenClient(String ownThread) throws Exception {
    stress(
        (fixture, round) -> {
          List<Stream> streams = new ArrayList<>();
          for (int i = 1 + random.nextInt(3); i > 0; i--) {
            streams.add(fixture.connect(Subscription.to("a"), MemoryWriter.OPEN));
          }
          CyclicBarrier start = new CyclicBarrier(PUBLISHERS);
          List<Published> all =
              inOrder(publishers(fixture, round, 1 + random.nextInt(40), start, "a"));
          streams.forEach(stream -> assertComplete(stream, all));
          close(streams);
        },
        "drain-threads",
        "2",
        "backplane.local.delivery-thread",
        ownThread);
  }

  @ParameterizedTest
  @ValueSource(strings = {"false", "true"})
  void aConnectionThatIsReadyNowAndThenGetsEverything(String ownThread) throws Exception {
    stress(
        (fixture, round) -> {
          List<Stream> streams = new ArrayList<>();
          for (int i = 1 + random.nextInt(3); i > 0; i--) {
            streams.add(fixture.connect(Subscription.to("a"), random.nextInt(100)));
          }
          CyclicBarrier start = new CyclicBarrier(PUBLISHERS + 1);
          int most = 1 + random.nextInt(300);
          AtomicBoolean over = new AtomicBoolean();
          long own = random.nextLong();
          // the container: tells once that it can take more, and perhaps more often than it must
          Future<?> container =
              threads.submit(
                  () -> {
                    Random choice = new Random(own);
                    start.await();
                    while (!over.get()) {
                      for (Stream stream : streams) {
                        if (stream.writer().blocked()) {
                          stream.writer().grant(1 + choice.nextInt(most));
                        } else if (choice.nextInt(20) == 0) {
                          stream.client().writable();
                        }
                      }
                      pause(choice);
                    }
                    return null;
                  });
          try {
            List<Published> all =
                inOrder(publishers(fixture, round, 1 + random.nextInt(40), start, "a"));
            streams.forEach(stream -> assertComplete(stream, all));
          } finally {
            over.set(true);
          }
          container.get();
          streams.forEach(Stream::unplug);
          close(streams);
        },
        "drain-threads",
        "2",
        "batch-bytes",
        "1024");
  }

  /** A client whose subscription to a topic changes; odd while it does, 0 mod 4 when it is in. */
  private static final class Churner {
    final Stream stream;
    final AtomicInteger phase = new AtomicInteger(2);
    final Set<String> owed = new HashSet<>();
    final Set<String> unwanted = new HashSet<>();

    Churner(Stream stream) {
      this.stream = stream;
    }

    Void churn(CyclicBarrier start, AtomicBoolean over, Random choice) throws Exception {
      start.await();
      boolean byMute = choice.nextBoolean();
      if (byMute) {
        stream.client().mute("b");
        stream.client().subscribe("b");
      }
      while (!over.get()) {
        phase.incrementAndGet();
        if (byMute) {
          stream.client().unmute("b");
        } else {
          stream.client().subscribe("b");
        }
        phase.incrementAndGet();
        pause(choice);
        phase.incrementAndGet();
        if (byMute) {
          stream.client().mute("b");
        } else {
          stream.client().unsubscribe("b");
        }
        phase.incrementAndGet();
        pause(choice);
      }
      return null;
    }
  }

  @Test
  void aSubscriptionHoldsFromItsReturnToItsEnd() throws Exception {
    stress(
        (fixture, round) -> {
          List<Churner> churners = new ArrayList<>();
          for (int i = 0; i < 2; i++) {
            churners.add(new Churner(fixture.connect(Subscription.to("a"), MemoryWriter.OPEN)));
          }
          CyclicBarrier start = new CyclicBarrier(churners.size() + 1);
          AtomicBoolean over = new AtomicBoolean();
          List<Future<Void>> churning = new ArrayList<>();
          for (Churner churner : churners) {
            Random choice = new Random(random.nextLong());
            churning.add(threads.submit(() -> churner.churn(start, over, choice)));
          }
          List<Published> all = new ArrayList<>();
          start.await();
          for (int i = 0; i < 200; i++) {
            String topic = random.nextInt(4) == 0 ? "a" : "b";
            String data = round + "/" + i;
            int[] before = churners.stream().mapToInt(c -> c.phase.get()).toArray();
            all.add(new Published(fixture.publish(topic, data).sequence(), topic, data));
            for (int c = 0; c < before.length; c++) {
              Churner churner = churners.get(c);
              boolean settled = churner.phase.get() == before[c] && before[c] % 2 == 0;
              if (topic.equals("a") || settled && before[c] % 4 == 0) {
                churner.owed.add(data);
              } else if (settled && before[c] > 2) {
                churner.unwanted.add(data);
              }
            }
            pause(random);
          }
          over.set(true);
          for (Future<Void> future : churning) {
            future.get();
          }
          // behind all the others
          fixture.publish("a", "end");
          for (Churner churner : churners) {
            MemoryWriter writer = churner.stream.writer();
            spinUntil("end", () -> writer.count("data: end\n") == 1);
            List<String> got = writer.data();
            assertThat(got).doesNotHaveDuplicates().containsAll(churner.owed);
            assertThat(got).noneMatch(churner.unwanted::contains);
            Set<String> received = new HashSet<>(got);
            List<String> expected =
                new ArrayList<>(data(all).stream().filter(received::contains).toList());
            expected.add("end");
            assertThat(got).isEqualTo(expected);
          }
          close(churners.stream().map(churner -> churner.stream).toList());
        },
        "drain-threads",
        "2");
  }

  @Test
  void aClientThatComesAndGoesHasAnUnbrokenRun() throws Exception {
    stress(
        (fixture, round) -> {
          CyclicBarrier start = new CyclicBarrier(PUBLISHERS + 1);
          List<Future<List<Published>>> publishing = publishers(fixture, round, 150, start, "a");
          List<Stream> gentle = new CopyOnWriteArrayList<>();
          List<Stream> rude = new ArrayList<>();
          Random choice = new Random(random.nextLong());
          Future<Void> container = null;
          AtomicBoolean over = new AtomicBoolean();
          List<Stream> slow = new CopyOnWriteArrayList<>();
          Callable<Void> granting =
              () -> {
                while (!over.get()) {
                  slow.stream()
                      .filter(s -> s.writer().blocked())
                      .forEach(s -> s.writer().grant(500));
                  Thread.yield();
                }
                return null;
              };
          container = threads.submit(granting);
          start.await();
          List<String> owed = new ArrayList<>();
          while (!publishing.stream().allMatch(Future::isDone)) {
            boolean stalls = choice.nextBoolean();
            Stream stream = fixture.connect(Subscription.to("a"), stalls ? 300 : MemoryWriter.OPEN);
            if (stalls) {
              slow.add(stream);
            }
            pause(choice);
            PublishResult mine = fixture.publish("a", "probe");
            switch (choice.nextInt(4)) {
              case 0 -> stream.client().abortNow(CloseReason.TIMEOUT);
              case 1 -> stream.client().failed(new IOException("reset"));
              case 2 -> stream.writer().fail(new IOException("broken pipe"));
              default -> {
                stream.client().close();
                gentle.add(stream);
                owed.add(mine.id());
                continue;
              }
            }
            rude.add(stream);
          }
          inOrder(publishing);
          rude.forEach(stream -> stream.client().abortNow(CloseReason.ERROR));
          for (Stream stream : gentle) {
            spinUntil("close", () -> stream.writer().ended());
            assertUnbroken(stream);
          }
          for (int i = 0; i < gentle.size(); i++) {
            // what was published before the close must have come
            assertThat(gentle.get(i).writer().events())
                .extracting(ReceivedEvent::lastEventId)
                .contains(owed.get(i));
            assertThat(gentle.get(i).writer().aborted()).isFalse();
          }
          for (Stream stream : rude) {
            spinUntil("close", () -> stream.writer().ended());
            assertUnbroken(stream);
            assertThat(stream.client().state()).isEqualTo(SseClient.State.CLOSED);
          }
          over.set(true);
          container.get();
          spinUntil("count", () -> fixture.engine().count() == 0);
          assertThat(fixture.engine().clientsOn("a")).isEmpty();
        },
        "drain-threads",
        "2");
  }

  private static void assertUnbroken(Stream stream) {
    long last = -1;
    for (ReceivedEvent event : stream.writer().events()) {
      long sequence = sequenceOf(event);
      if (last >= 0) {
        assertThat(sequence).isEqualTo(last + 1);
      }
      last = sequence;
    }
  }
}
