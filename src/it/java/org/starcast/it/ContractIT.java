package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.StringReader;
import java.net.URL;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.List;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.starcast.PayloadEncoder;
import org.starcast.SseMessage;
import org.starcast.Topic;
import org.starcast.TopicContract;
import org.starcast.internal.contract.AsyncApiSchema;

/** The contract that a server gives of an application's beans and annotated types. */
@ArquillianTest
@RunAsClient
public class ContractIT {

  @ArquillianResource URL base;

  public record Order(long id, String item, Instant at, List<Order> parts) {}

  public record Paid(long id) {}

  public record Encoded(int secret) {}

  /** No bean, and in nothing that is one. */
  @TopicContract(value = "contract.chat.*", event = "line", example = "{\"text\":\"Hello\"}")
  public record Line(String text) {}

  @ApplicationScoped
  public static class Shop {
    @Inject
    @Topic("contract.orders.created")
    Event<Order> created;

    @Inject
    @Topic("contract.encoded")
    Event<Encoded> encoded;

    void heard(@Observes @Topic("contract.orders.*") Paid paid) {}
  }

  /** Is not asked: the contract must do without code of the application. */
  @ApplicationScoped
  public static class Encoder implements PayloadEncoder<Encoded> {
    @Override
    public SseMessage encode(Encoded payload) {
      throw new IllegalStateException("asked for the contract");
    }
  }

  @Deployment(testable = false)
  static WebArchive war() {
    return add(
        TestWar.with(
            "starcast.endpoint.contract.enabled", "true",
            "starcast.endpoint.registry.role", "*"));
  }

  /** With what this test declares. */
  public static WebArchive add(WebArchive war) {
    return war.addClasses(
        ContractIT.class,
        Order.class,
        Paid.class,
        Encoded.class,
        Line.class,
        Shop.class,
        Encoder.class);
  }

  @Test
  void theDocumentHasWhatIsDeclared() {
    HttpResponse<String> answer = new Server(base).get("starcast/contract");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type").orElseThrow())
        .startsWith("application/json");
    assertThat(AsyncApiSchema.problems(answer.body())).isEmpty();
    JsonObject document = Json.createReader(new StringReader(answer.body())).readObject();
    assertThat(document.getJsonObject("channels").keySet())
        .contains(
            "contract.orders.created", "contract.orders.*", "contract.chat.*", "contract.encoded");
    JsonObject components = document.getJsonObject("components");
    JsonObject messages = components.getJsonObject("messages");
    assertThat(messages.getJsonObject("Line.line").getString("name")).isEqualTo("line");
    assertThat(messages.getJsonObject("Encoded").containsKey("payload")).isFalse();
    assertThat(components.getJsonObject("schemas").getJsonObject("Order").getJsonArray("required"))
        .hasSize(4);
  }

  @Test
  void theTypesHaveWhatIsDeclared() {
    HttpResponse<String> answer = new Server(base).get("starcast/contract/topics.d.ts");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body())
        .contains(
            "\"contract.orders.created\": Order;",
            "[topic: `contract.chat.${string}`]: Line;",
            "export interface Order {\n  id: number;\n  item: string | null;\n");
  }
}
