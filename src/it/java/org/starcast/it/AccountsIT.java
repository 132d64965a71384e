package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.json.JsonObject;
import java.net.URL;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;

/**
 * Clients that read, stall and vanish while eight threads publish, with queues that are too small:
 * afterwards the statistics account for every message. Repeat a run with {@code
 * -Dstarcast.test.seed}; the failure names it.
 */
@ArquillianTest
@RunAsClient
class AccountsIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @ArquillianResource URL base;

  @Deployment(testable = false)
  static WebArchive war() {
    return TestWar.with(
        "starcast.send-timeout", "PT60S",
        "starcast.log.events", "50000",
        "starcast.queue.messages", "100",
        "starcast.queue.bytes", "50000");
  }

  @Test
  void whatWasPublishedIsAccountedFor() throws Exception {
    long seed = Long.getLong("starcast.test.seed", 20261121);
    Random random = new Random(seed);
    Server server = new Server(base);
    int events = 20_000;
    List<RawStream> staying = new ArrayList<>();
    List<RawStream> stalling = new ArrayList<>();
    List<RawStream> open = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      staying.add(server.stream("topic=storm.*").withoutBody());
      stalling.add(server.stalled("starcast/stream?topic=storm.*"));
    }
    CompletableFuture<Void> publishing =
        CompletableFuture.runAsync(
            () ->
                server.post(
                    "probe/storm?threads=8&events=" + events + "&padding=300&topics=5", ""));
    while (!publishing.isDone()) {
      open.add(
          random.nextBoolean()
              ? server.stream("topic=storm." + random.nextInt(5)).withoutBody()
              : server.stalled("starcast/stream?topic=storm.*&mute=storm.0"));
      if (random.nextBoolean()) {
        RawStream gone = open.remove(random.nextInt(open.size()));
        if (random.nextBoolean()) {
          gone.reset();
        } else {
          gone.close();
        }
      }
    }
    publishing.join();
    String last = server.publish("topic", "storm.1", "data", "last").body();
    assertThat(last).contains("id");
    for (RawStream stream : staying) {
      await().atMost(PATIENCE).until(() -> stream.data().contains("last"));
    }
    // until now all may have read the log, which has no latency
    server.publish("topic", "storm.1", "data", "level");
    for (RawStream stream : staying) {
      await().atMost(PATIENCE).until(() -> stream.data().contains("level"));
    }
    await()
        .atMost(PATIENCE)
        .alias("seed " + seed)
        .untilAsserted(() -> assertBalance(server.statistics()));
    JsonObject stalled = server.statistics();
    assertThat(number(stalled, "pending")).as("of the stalled in %s", stalled).isPositive();
    assertThat(number(stalled, "published")).isEqualTo(events + 2);
    assertThat(number(stalled, "latencies")).isPositive();

    open.addAll(staying);
    open.addAll(stalling);
    for (RawStream stream : open) {
      stream.reset();
    }
    await().atMost(PATIENCE).until(() -> server.clients() == 0);
    JsonObject after = server.statistics();
    assertThat(number(after, "pending")).as("seed %d", seed).isZero();
    assertThat(number(after, "queuedBytes")).as("seed %d", seed).isZero();
    assertBalance(after);
    assertThat(number(after, "matched")).isEqualTo(number(stalled, "matched"));
    assertThat(number(after, "discarded")).isPositive();
  }

  private static long number(JsonObject statistics, String name) {
    return statistics.getJsonNumber(name).longValue();
  }

  private static void assertBalance(JsonObject statistics) {
    long sum = 0;
    for (String part :
        List.of("delivered", "dropped", "coalesced", "missed", "discarded", "pending")) {
      sum += number(statistics, part);
    }
    assertThat(sum)
        .as(statistics.toString())
        .isEqualTo(number(statistics, "matched") + number(statistics, "direct"));
  }
}
