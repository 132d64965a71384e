package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.StringReader;
import java.net.URL;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** The metrics, as a collector reads them, and the JMX bean. */
@ArquillianTest
@RunAsClient
class MetricsIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @ArquillianResource URL base;

  @Deployment(testable = false)
  static WebArchive war() {
    return TestWar.with();
  }

  @Test
  void theJmxBeanSaysWhatHappens() throws IOException {
    Server server = new Server(base);
    JsonObject before = jmx(server);
    assertThat(before.getString("beans"))
        .isEqualTo("[org.starcast:type=SseBroadcaster,application=starcast-test]");
    try (RawStream stream = server.stream("topic=a")) {
      server.publish("topic", "a", "data", "1");
      await().atMost(PATIENCE).until(() -> stream.count() == 1);
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> {
                JsonObject now = jmx(server);
                assertThat(number(now, "Published")).isEqualTo(number(before, "Published") + 1);
                assertThat(number(now, "Delivered")).isEqualTo(number(before, "Delivered") + 1);
                assertThat(number(now, "Clients")).isEqualTo(1);
                assertThat(now.getString("Ready")).isEqualTo("true");
                assertThat(now.getString("StuckThreads")).isEqualTo("[]");
                assertThat(now.getString("LastEventId")).contains("-");
              });
    }
  }

  @Test
  @EnabledIfSystemProperty(named = "arquillian.launch", matches = "payara")
  void microProfileMetricsMove() throws IOException {
    Server server = new Server(base);
    double before = metric("starcast_published");
    try (RawStream stream = server.stream("topic=m")) {
      for (int i = 1; i <= 2; i++) {
        int count = i;
        server.publish("topic", "m", "data", "" + i);
        await().atMost(PATIENCE).until(() -> stream.count() == count);
      }
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> {
                assertThat(metric("starcast_published")).isEqualTo(before + 2);
                assertThat(metric("starcast_clients\\{[^}]*type=\"default\"[^}]*\\}")).isPositive();
                assertThat(metric("starcast_writer_clients\\{[^}]*writer=\"servlet\"[^}]*\\}"))
                    .isPositive();
                assertThat(metric("starcast_latency_bucket\\{[^}]*le=\"\\+Inf\"[^}]*\\}"))
                    .isPositive();
              });
    }
  }

  private static JsonObject jmx(Server server) {
    try (var reader = Json.createReader(new StringReader(server.get("probe/jmx").body()))) {
      return reader.readObject();
    }
  }

  private static long number(JsonObject attributes, String name) {
    return Long.parseLong(attributes.getString(name));
  }

  /** The value of the first line that begins with this name, and its tags if it has some. */
  private double metric(String name) {
    String body = new Server(base).get("/metrics").body();
    String tags = name.endsWith("}") ? "" : "(?:\\{[^}]*\\})?";
    Matcher line =
        Pattern.compile("(?m)^(?:application_)?" + name + tags + " (\\S+)").matcher(body);
    assertThat(line.find()).as(name + " in " + body).isTrue();
    return Double.parseDouble(line.group(1));
  }
}
