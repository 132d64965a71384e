package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.StringReader;
import java.net.URL;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The registry that nobody is asked for a role at. */
@ArquillianTest
@RunAsClient
class RegistryIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @ArquillianResource URL base;

  private final List<RawStream> open = new ArrayList<>();
  private Server server;

  @Deployment(testable = false)
  static WebArchive war() {
    return TestWar.with(
        "starcast.endpoint.registry.enabled", "true", "starcast.endpoint.registry.role", "*");
  }

  @BeforeEach
  void connect() {
    server = new Server(base);
  }

  @AfterEach
  void closeStreams() throws IOException {
    for (RawStream stream : open) {
      stream.reset();
    }
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              // a server notices that a client is gone when it writes to it
              server.publish("topic", "reg.a", "data", "anybody there?");
              assertThat(server.clients()).isZero();
            });
  }

  private RawStream keep(RawStream stream) {
    open.add(stream);
    return stream;
  }

  private static JsonObject json(HttpResponse<String> answer) {
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("application/json");
    assertThat(answer.headers().firstValue("Cache-Control")).contains("no-store");
    try (var reader = Json.createReader(new StringReader(answer.body()))) {
      return reader.readObject();
    }
  }

  private List<JsonObject> clients(String query) {
    return json(server.get("starcast/clients?" + query))
        .getJsonArray("clients")
        .getValuesAs(JsonObject.class);
  }

  @Test
  void clientsAreListedPageByPageAndClosed() {
    RawStream first = keep(server.open("probe/stream/reg-1?topic=reg.*"));
    keep(server.open("probe/stream/reg-2?topic=reg.a"));
    keep(server.open("probe/stream/reg-3?topic=other"));
    keep(server.stream("topic=reg.a&mute=reg.b"));
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(json(server.get("starcast/stats")).getJsonObject("byWriter"))
                    .hasToString("{\"servlet\":4}"));

    assertThat(clients("type=probe"))
        .extracting(client -> client.getString("id"))
        .containsExactly("reg-1", "reg-2", "reg-3");
    assertThat(clients("type=probe&topic=reg.a&limit=1"))
        .extracting(client -> client.getString("id"))
        .containsExactly("reg-1");
    assertThat(clients("type=probe&topic=reg.a&limit=1&after=reg-1"))
        .extracting(client -> client.getString("id"))
        .containsExactly("reg-2");
    assertThat(clients("type=default"))
        .singleElement()
        .satisfies(
            client -> {
              assertThat(client.get("topics")).hasToString("{\"reg.a\":[]}");
              assertThat(client.get("muted")).hasToString("[\"reg.b\"]");
              assertThat(client.getString("writer")).isEqualTo("servlet");
              assertThat(client.getString("state")).isEqualTo("OPEN");
            });
    JsonObject stats = json(server.get("starcast/stats"));
    assertThat(stats.getInt("total")).isEqualTo(4);
    assertThat(stats.getInt("active")).isEqualTo(4);
    assertThat(stats.getJsonObject("byType")).hasToString("{\"default\":1,\"probe\":3}");

    assertThat(server.delete("starcast/clients/reg-1").statusCode()).isEqualTo(204);

    await().atMost(PATIENCE).until(first::ended);
    assertThat(server.journalHas("closed reg-1 APPLICATION")).isTrue();
    HttpResponse<String> again = server.delete("starcast/clients/reg-1");
    assertThat(again.statusCode()).isEqualTo(404);
    assertThat(again.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("application/problem+json");
    assertThat(clients("type=probe"))
        .extracting(client -> client.getString("id"))
        .containsExactly("reg-2", "reg-3");
  }

  @Test
  void theMonitorIsOffUnlessItIsSwitchedOn() {
    for (String path : List.of("", "/figures", "/tap?topic=*", "/check?topic=a", "/monitor.js")) {
      assertThat(server.get("starcast/monitor" + path).statusCode()).as(path).isEqualTo(404);
    }
  }

  @Test
  void badQueriesAreAnsweredByName() {
    HttpResponse<String> answer = server.get("starcast/clients?limit=0");
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("limit: must be 1 to 1000, is 0");
  }
}
