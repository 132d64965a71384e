package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URL;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.starcast.testing.ReceivedEvent;

/**
 * Clients are cut at random moments in every way there is, and come back with their last id, while
 * eight threads publish: what each got in all its lives together is what the model says, once, in
 * order, but for what a gap event told. Repeat a run with {@code -Dstarcast.test.seed}; {@code
 * -Dstarcast.test.chaos.events} makes it longer.
 */
@ArquillianTest
@RunAsClient
class ResumeChaosIT {

  private static final Duration PATIENCE = Duration.ofSeconds(120);
  private static final int CLIENTS = 200;
  private static final int TOPICS = 50;
  private static final int ROUND = 50_000;

  @ArquillianResource URL base;

  @Deployment(testable = false)
  static WebArchive war() {
    return TestWar.with(
        "starcast.log.events",
        "60000",
        "starcast.send-timeout",
        "PT3S",
        "starcast.retry",
        "PT0.1S");
  }

  /** One logical client over all its connections. */
  private final class Hopper {
    private final int number;
    private final String topic;
    private final String query;
    private final List<ReceivedEvent> events = new ArrayList<>();
    private RawStream stream;
    private int lives;

    Hopper(int number, Random random) {
      this.number = number;
      topic = "storm." + random.nextInt(TOPICS);
      StringBuilder topics = new StringBuilder("topic=" + topic);
      for (int i = random.nextInt(3); i > 0; i--) {
        topics.append("&topic=storm.").append(random.nextInt(TOPICS));
      }
      query = topics + (random.nextInt(10) == 0 ? "&overflow=DISCONNECT&messages=200" : "");
    }

    /** What is published last on one of its topics. */
    String mark() {
      return "mark-" + number;
    }

    String lastEventId() {
      return events.isEmpty() ? "" : events.get(events.size() - 1).lastEventId();
    }

    void connect() {
      String last = lastEventId();
      String resume = last.isEmpty() ? "&resumeFrom=earliest" : "";
      String[] headers = last.isEmpty() ? new String[0] : new String[] {"Last-Event-ID: " + last};
      stream =
          server
              .open("probe/replay/" + id() + "?" + query + resume, headers)
              .withoutBody()
              .sharing(seen);
      assertThat(stream.status()).isEqualTo(200);
    }

    String id() {
      return "hopper-" + number + "-" + lives;
    }

    /** Ends this life, if the server has not, and begins the next where this one ended. */
    void cut(Random random) throws IOException {
      switch (random.nextInt(4)) {
        case 0 -> stream.reset();
        case 1 -> stream.close();
        case 2 -> {
          server.delete("probe/clients/" + id());
          await().atMost(PATIENCE).until(stream::ended);
        }
        default -> {
          stream.fallSilent();
          silent.add(stream);
        }
      }
      hop();
    }

    void hop() {
      await().atMost(PATIENCE).until(stream::ended);
      events.addAll(stream.events());
      lives++;
      connect();
    }
  }

  private final List<RawStream> silent = new ArrayList<>();

  /** A million events in 200 logs would not fit into a small heap. */
  private final ConcurrentMap<ReceivedEvent, ReceivedEvent> seen = new ConcurrentHashMap<>();

  private Server server;

  @Test
  void everyClientsLogIsTheModelsOrItIsTold() throws Exception {
    long seed = Long.getLong("starcast.test.seed", 20261121);
    int rounds = Math.max(1, Integer.getInteger("starcast.test.chaos.events", 100_000) / ROUND);
    Random random = new Random(seed);
    server = new Server(base);
    RawStream model =
        server.open("probe/replay/model?topic=storm.*&messages=40000").withoutBody().sharing(seen);
    List<Hopper> hoppers = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      hoppers.add(new Hopper(i, random));
      hoppers.get(i).connect();
    }

    for (int round = 1; round <= rounds; round++) {
      Thread storm = storm();
      while (storm.isAlive()) {
        hoppers.get(random.nextInt(CLIENTS)).cut(random);
        for (int i = 0; i < 10; i++) {
          Hopper other = hoppers.get(random.nextInt(CLIENTS));
          if (other.stream.ended()) {
            other.hop();
          }
        }
      }
      int published = round * ROUND;
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> {
                assertThat(model.ended()).as("the model's stream ended").isFalse();
                assertThat(model.count()).isGreaterThanOrEqualTo(published);
              });
    }
    String end = server.publish("topic", "storm.end", "data", "end").body();
    List<ReceivedEvent> all = model.events();
    assertThat(all.stream().map(ReceivedEvent::event))
        .as("the model has no gap")
        .containsOnly("message");
    assertThat(all.size()).as(end).isBetween(rounds * ROUND, rounds * ROUND + 1);

    for (Hopper hopper : hoppers) {
      server.publish("topic", hopper.topic, "data", hopper.mark());
    }
    for (Hopper hopper : hoppers) {
      finish(hopper);
      assertLog(hopper, all, "seed " + seed + ", client " + hopper.number);
      hopper.stream.close();
    }
    model.close();
    for (RawStream stream : silent) {
      // its peer's kernel takes the heartbeats
      stream.close();
    }
    await().atMost(PATIENCE).until(() -> server.clients() == 0);
    assertThat(server.statistics().getJsonNumber("queuedBytes").longValue()).isZero();
  }

  private Thread storm() {
    Thread storm =
        new Thread(
            () ->
                server.post(
                    "probe/storm?threads=8&padding=20&topics=" + TOPICS + "&events=" + ROUND, ""),
            "storm");
    storm.start();
    return storm;
  }

  /** Reads on until the client has its mark. */
  private void finish(Hopper hopper) {
    await()
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .until(
            () -> {
              if (hopper.stream.ended()) {
                hopper.hop();
              }
              return hopper.stream.data().contains(hopper.mark());
            });
    hopper.events.addAll(hopper.stream.events());
  }

  private static void assertLog(Hopper hopper, List<ReceivedEvent> all, String what) {
    List<String> topics = new ArrayList<>();
    for (String parameter : hopper.query.split("&")) {
      if (parameter.startsWith("topic=storm.")) {
        topics.add(parameter.substring("topic=storm.".length()));
      }
    }
    List<ReceivedEvent> expected =
        all.stream().filter(event -> topics.contains(event.data().split(":")[0])).toList();
    int next = 0;
    boolean gap = false;
    for (ReceivedEvent event : hopper.events) {
      if (event.event().equals("starcast-gap")) {
        gap = true;
        continue;
      }
      if (event.event().equals("recover") || event.data().startsWith("mark-")) {
        continue;
      }
      if (gap) {
        while (next < expected.size()
            && !expected.get(next).lastEventId().equals(event.lastEventId())) {
          next++;
        }
        gap = false;
      }
      assertThat(next).as(what).isLessThan(expected.size());
      assertThat(event.lastEventId()).as(what).isEqualTo(expected.get(next).lastEventId());
      assertThat(event.data()).as(what).isEqualTo(expected.get(next).data());
      next++;
    }
    assertThat(gap || next == expected.size()).as(what + " got all").isTrue();
  }
}
