package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URL;
import java.time.Duration;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;

/** The portable writer, which leaves it to the JAX-RS runtime to write the events. */
@ArquillianTest
@RunAsClient
class PortableIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @ArquillianResource URL base;

  @Deployment(testable = false)
  static WebArchive war() {
    return TestWar.with("starcast.writer", "portable");
  }

  @Test
  void eventsArriveWithTheirIdsAndAreReplayed() throws IOException {
    Server server = new Server(base);
    String last;
    try (RawStream stream = server.stream("topic=portable")) {
      server.publish("topic", "portable", "data", "first");
      server.publish("topic", "portable", "data", "two\nlines", "event", "named");
      await().atMost(PATIENCE).until(() -> stream.data().size() == 2);
      assertThat(stream.data()).containsExactly("first", "two\nlines");
      // the greeting, and heartbeats
      await().atMost(PATIENCE).until(() -> stream.text().matches("(?s).*lines.*\n:.*"));
      assertThat(stream.text()).contains("retry:").contains("named");
      assertThat(stream.data()).hasSize(2);
      last = stream.events().get(1).lastEventId();
    }
    server.publish("topic", "portable", "data", "missed");
    try (RawStream stream = server.stream("topic=portable", "Last-Event-ID: " + last)) {
      await().atMost(PATIENCE).until(() -> stream.data().contains("missed"));
      assertThat(stream.data()).containsExactly("missed");
    }
  }
}
