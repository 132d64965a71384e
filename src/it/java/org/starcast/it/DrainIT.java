package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.URL;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Limits, and the end: draining cannot be taken back, so it comes last. */
@ArquillianTest
@RunAsClient
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DrainIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int LIMIT = 20;

  @ArquillianResource URL base;

  @Deployment(testable = false)
  static WebArchive war() {
    return TestWar.with(
        "starcast.max-clients-per-address",
        String.valueOf(LIMIT),
        "starcast.max-patterns-per-client",
        "3");
  }

  @Test
  @Order(1)
  void oneAddressGetsNoMoreThanItsClientsAndGetsThemBack() throws Exception {
    Server server = new Server(base);
    List<RawStream> streams = new ArrayList<>();
    for (int i = 0; i < LIMIT; i++) {
      streams.add(server.stream("topic=a"));
      assertThat(streams.get(i).status()).isEqualTo(200);
    }

    int logged = HttpIT.log().length();
    RawStream refused = server.stream("topic=a");

    assertThat(refused.status()).isEqualTo(429);
    assertThat(HttpIT.log().substring(logged)).doesNotContain("RESTEASY", "\tat ");
    assertThat(refused.header("Retry-After")).isEqualTo("10");
    assertThat(refused.header("Content-Type")).startsWith("application/problem+json");
    assertThat(server.statistics().getInt("refused")).isEqualTo(1);
    for (RawStream stream : streams) {
      stream.reset();
    }
    await().atMost(PATIENCE).until(() -> server.clients() == 0);
    try (RawStream again = server.stream("topic=a")) {
      assertThat(again.status()).isEqualTo(200);
    }
  }

  @Test
  @Order(2)
  void aSubscriptionWithTooManyPatternsIsRefused() {
    RawStream refused = new Server(base).stream("topic=a&topic=b&topic=c&mute=d");

    assertThat(refused.status()).isEqualTo(400);
  }

  @Test
  @Order(3)
  void drainingSaysFarewellSpreadsTheClosesAndRefusesNewcomers() {
    Server server = new Server(base);
    await().atMost(PATIENCE).until(() -> server.clients() == 0);
    List<RawStream> streams = new ArrayList<>();
    for (int i = 0; i < LIMIT - 1; i++) {
      streams.add(server.stream("topic=a"));
    }
    await().atMost(PATIENCE).until(() -> server.clients() == LIMIT - 1);

    server.post("probe/drain?window=PT1S", "");

    for (RawStream stream : streams) {
      await().atMost(PATIENCE).until(stream::ended);
      assertThat(stream.data()).containsExactly("see you");
      assertThat(stream.text()).containsPattern("retry: [123]\\d{3}\n\n$");
    }
    await().atMost(PATIENCE).until(() -> server.clients() == 0);
    assertThat(server.statistics().getJsonObject("closed").getInt("DRAIN")).isEqualTo(LIMIT - 1);
    RawStream late = server.stream("topic=a");
    assertThat(late.status()).isEqualTo(503);
    assertThat(late.header("Retry-After")).isEqualTo("2");
  }
}
