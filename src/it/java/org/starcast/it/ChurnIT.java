package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.URL;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;

/**
 * Clients that connect, stall, vanish by RST and fall silent at random while eight threads publish:
 * those that stay get everything once and in order, and afterwards nothing is left behind. Repeat a
 * run with {@code -Dstarcast.test.seed}; the failure names it.
 */
@ArquillianTest
@RunAsClient
class ChurnIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @ArquillianResource URL base;

  @Deployment(testable = false)
  static WebArchive war() {
    return TestWar.with(
        "starcast.send-timeout", "PT10S",
        "starcast.log.events", "50000",
        "starcast.queue.messages", "50000",
        "starcast.queue.bytes", "20000000");
  }

  @Test
  void streamsThatStayGetEverythingOnceAndInOrder() throws Exception {
    long seed = Long.getLong("starcast.test.seed", 20261121);
    Random random = new Random(seed);
    Server server = new Server(base);
    int events = 40_000;
    int topics = 5;
    List<RawStream> staying = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      staying.add(server.stream("topic=storm.*").withoutBody());
    }
    List<RawStream> others = new ArrayList<>();
    List<RawStream> open = new ArrayList<>();

    CompletableFuture<Void> publishing =
        CompletableFuture.runAsync(
            () ->
                server.post(
                    "probe/storm?threads=8&events=" + events + "&padding=200&topics=" + topics,
                    ""));
    while (!publishing.isDone() || others.size() < 60) {
      RawStream another =
          switch (random.nextInt(3)) {
            case 0 -> server.stream("topic=storm." + random.nextInt(topics)).withoutBody();
            case 1 -> server.stalled("starcast/stream?topic=storm.*");
            default -> server.stream("topic=storm.*&mute=storm.0").withoutBody();
          };
      others.add(another);
      open.add(another);
      if (random.nextInt(3) == 0) {
        vanish(open.remove(random.nextInt(open.size())), random);
      }
    }
    publishing.join();

    for (RawStream stream : staying) {
      await()
          .atMost(PATIENCE)
          .alias("seed " + seed)
          .untilAsserted(
              () -> {
                assertThat(stream.ended()).as("the stream ended").isFalse();
                assertThat(stream.count()).isGreaterThanOrEqualTo(events);
              });
    }
    List<String> order = staying.get(0).data();
    assertThat(order).as("seed %d", seed).hasSize(events).doesNotHaveDuplicates();
    for (RawStream stream : staying) {
      assertThat(stream.data()).as("seed %d", seed).isEqualTo(order);
    }
    PublisherOrder.assertKept(order);
    assertSuffixOfOwnOrder(others, order, seed);

    open.addAll(staying);
    for (RawStream stream : open) {
      stream.reset();
    }
    await().atMost(PATIENCE).until(() -> server.clients() == 0);
    JsonObject statistics = server.statistics();
    assertThat(statistics.getJsonNumber("queuedBytes").longValue()).as("seed %d", seed).isZero();
  }

  private static void vanish(RawStream stream, Random random) throws IOException {
    if (random.nextBoolean()) {
      stream.reset();
    } else {
      stream.close();
    }
  }

  /** A stream that came late or left early got a run of consecutive events of its topics. */
  private static void assertSuffixOfOwnOrder(
      List<RawStream> streams, List<String> order, long seed) {
    Map<String, Integer> places = new HashMap<>();
    for (int i = 0; i < order.size(); i++) {
      places.put(order.get(i), i);
    }
    for (RawStream stream : streams) {
      int before = -1;
      for (String event : stream.data()) {
        int place = places.get(event);
        assertThat(place).as("seed %d", seed).isGreaterThan(before);
        before = place;
      }
    }
  }
}
