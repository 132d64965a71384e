package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.bind.annotation.JsonbNillable;
import jakarta.json.bind.annotation.JsonbProperty;
import jakarta.json.bind.annotation.JsonbTransient;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import java.io.StringReader;
import java.math.BigDecimal;
import java.net.URL;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.starcast.PayloadEncoder;
import org.starcast.SseMessage;
import org.starcast.Topic;
import org.starcast.internal.contract.AsyncApiSchema;
import org.starcast.testing.SseTestClient;

/** The contract that a server gives of an application's beans and annotated types. */
@ArquillianTest
@RunAsClient
public class ContractIT {

  @ArquillianResource URL base;

  public record Order(long id, String item, Instant at, List<Order> parts) {}

  public record Paid(long id) {}

  public enum Size {
    SMALL,
    LARGE
  }

  /** What servers may see differently. */
  public record Goods(
      @JsonbProperty("called") String name,
      @JsonbTransient String secret,
      @JsonbNillable(false) String absent,
      @JsonbProperty("size-of-it") Size size,
      Optional<String> note,
      OptionalInt count,
      BigDecimal price,
      char letter,
      Map<Size, List<LocalDate>> days,
      ZonedDateTime made,
      Date sold,
      Order order) {}

  public static class Box {
    @JsonbProperty("label")
    private final String text;

    private final transient int passing = 1;
    public final Size size = Size.LARGE;

    public Box(String text) {
      this.text = text;
    }

    public String getText() {
      return text;
    }

    public int getPassing() {
      return passing;
    }

    public boolean isFull() {
      return true;
    }

    public String getURL() {
      return null;
    }

    @JsonbTransient
    public String getHidden() {
      return "hidden";
    }
  }

  public record Encoded(int secret) {}

  /** No bean, and in nothing that is one. */
  @Topic.Contract(value = "contract.chat.*", event = "line", example = "{\"text\":\"Hello\"}")
  public record Line(String text) {}

  @ApplicationScoped
  @Path("contract")
  public static class Shop {
    @Inject
    @Topic("contract.goods")
    Event<Goods> goods;

    @Inject
    @Topic("contract.boxes")
    Event<Box> boxes;

    @Inject
    @Topic("contract.orders.created")
    Event<Order> created;

    @Inject
    @Topic("contract.encoded")
    Event<Encoded> encoded;

    @POST
    public void send() {
      Order order = new Order(1, null, Instant.now(), List.of(new Order(2, "a", null, null)));
      goods.fire(
          new Goods(
              null,
              "secret",
              null,
              null,
              Optional.empty(),
              OptionalInt.empty(),
              null,
              'x',
              null,
              null,
              null,
              null));
      goods.fire(
          new Goods(
              "chair",
              "secret",
              "there",
              Size.SMALL,
              Optional.of("note"),
              OptionalInt.of(3),
              new BigDecimal("1.10"),
              'y',
              Map.of(Size.LARGE, List.of(LocalDate.now())),
              ZonedDateTime.now(ZoneId.of("Europe/Berlin")),
              new Date(),
              order));
      boxes.fire(new Box("text"));
      boxes.fire(new Box(null));
    }

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

  @Test
  void whatIsSentIsAsTheDocumentSays() {
    Server server = new Server(base);
    JsonObject document =
        Json.createReader(new StringReader(server.get("starcast/contract").body())).readObject();
    try (SseTestClient client = server.subscribe("topic=contract.goods&topic=contract.boxes")) {
      server.post("contract", "");
      for (String schema : List.of("Goods", "Goods", "Box", "Box")) {
        String data = client.next().data();
        assertThat(AsyncApiSchema.problems(document, schema, data)).as(data).isEmpty();
        assertThat(data).doesNotContain("secret", "hidden", "passing");
        JsonObject described =
            document.getValue("/components/schemas/" + schema + "/properties").asJsonObject();
        JsonObject sent = Json.createReader(new StringReader(data)).readObject();
        assertThat(described.keySet()).containsAll(sent.keySet());
      }
    }
  }

  /** With what this test declares. */
  public static WebArchive add(WebArchive war) {
    return war.addClasses(
        ContractIT.class,
        Order.class,
        Paid.class,
        Size.class,
        Goods.class,
        Box.class,
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
