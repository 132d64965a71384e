package org.starcast.internal.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import jakarta.enterprise.util.TypeLiteral;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonPointer;
import java.io.IOException;
import java.io.StringReader;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.starcast.SseMessage;
import org.starcast.Topic;
import org.starcast.datastar.PatchSignals;

/**
 * The contract of what is declared: a valid AsyncAPI document, and TypeScript that says the same.
 */
class ContractTest {

  private static final Path GOLDEN = Path.of("src/test/resources/contract/topics.d.ts");

  private static final Pattern REFERENCE = Pattern.compile("\"\\$ref\": ?\"#([^\"]*)\"");

  enum Status {
    OPEN,
    SENT
  }

  record Order(
      long id, String item, Status status, List<Order> parts, Map<String, Integer> stock) {}

  @Topic.Contract(
      value = "chat.*",
      event = "line",
      description = "What somebody says",
      example = "{\"name\":\"Ada\",\"text\":\"Hello\"}")
  record Line(String name, Optional<String> text) {}

  sealed interface Shape permits Circle, Square {}

  record Circle(double radius) implements Shape {}

  record Square(double side) implements Shape {}

  record Page<T>(List<T> items, Page<T> next) {}

  /** What the encoder makes of it is a view. */
  @Topic.Contract(value = "users.+.seen", payload = Order.class)
  @Topic.Contract(value = "users.+.text", payload = String.class, example = "so it is")
  record Secret(String password) {}

  record Encoded(int hidden) {}

  private static Contract contract() {
    return Contract.of(
        "/shop",
        List.of(
            new Declaration("orders.created", Order.class),
            new Declaration("orders.created", Encoded.class),
            new Declaration("orders.*", Shape.class),
            new Declaration("chat.lobby", Line.class),
            new Declaration("chat.lobby", String.class),
            new Declaration("pages.page-*.+", new TypeLiteral<Page<Order>>() {}.getType()),
            new Declaration("signals", PatchSignals.class),
            new Declaration("raw/~a%`\\", SseMessage.class),
            new Declaration("*", Object.class)),
        Set.of(Line.class, Secret.class),
        type -> type == Encoded.class || type == Secret.class);
  }

  private static JsonObject document(Contract contract) {
    return Json.createReader(new StringReader(contract.asyncApi())).readObject();
  }

  @Test
  void theDocumentIsValidByTheSchemaOfAsyncApi() {
    String document = contract().asyncApi();
    assertThat(AsyncApiSchema.problems(document)).isEmpty();
    assertThat(AsyncApiSchema.problems(document.replace("\"send\"", "\"shout\""))).isNotEmpty();
    assertThat(AsyncApiSchema.problems(document.replace("\"address\"", "\"adress\""))).isNotEmpty();
    assertThat(
            AsyncApiSchema.problems(
                Contract.of("/", List.of(), Set.of(), type -> false).asyncApi()))
        .isEmpty();
  }

  @Test
  void everyReferenceLeadsSomewhere() {
    String text = contract().asyncApi();
    JsonObject document = document(contract());
    List<String> references =
        REFERENCE.matcher(text).results().map(found -> found.group(1)).toList();
    assertThat(references).hasSizeGreaterThan(30);
    for (String reference : references) {
      JsonPointer pointer =
          Json.createPointer(URLDecoder.decode(reference, StandardCharsets.UTF_8));
      assertThat(pointer.containsValue(document)).as(reference).isTrue();
    }
  }

  private static JsonObject messages(String channel) {
    return document(contract())
        .getJsonObject("channels")
        .getJsonObject(channel)
        .getJsonObject("messages");
  }

  private static JsonObject message(String name) {
    return document(contract())
        .getJsonObject("components")
        .getJsonObject("messages")
        .getJsonObject(name);
  }

  @Test
  void aTopicWithSeveralPayloadsHasAMessageForEach() {
    assertThat(messages("orders.created").keySet()).containsExactly("Encoded", "Order");
  }

  @Test
  void aMessageIsNamedByItsType() {
    assertThat(messages("pages.page-*.+").keySet()).containsExactly("PageOfOrder");
    assertThat(messages("users.+.text").keySet()).containsExactly("Secret2");
  }

  @Test
  void aPatternIsAnAddressWithParameters() {
    JsonObject channel =
        document(contract()).getJsonObject("channels").getJsonObject("pages.page-*.+");
    assertThat(channel.getString("address")).isEqualTo("pages.page-{part}.{segment}");
    assertThat(channel.getJsonObject("parameters").keySet()).containsExactly("part", "segment");
    assertThat(Template.of("*.a.*.+").address()).isEqualTo("{segments}.a.{segments2}.{segment}");
  }

  @Test
  void whatIsSaidOfATypeIsSaidOnTheTopicsThatItIsFiredOn() {
    JsonObject line = message("Line.line");
    assertThat(line.getString("name")).isEqualTo("line");
    assertThat(line.getString("description")).isEqualTo("What somebody says");
    assertThat(line.getJsonArray("examples").toString())
        .isEqualTo("[{\"payload\":{\"name\":\"Ada\",\"text\":\"Hello\"}}]");
    assertThat(messages("chat.*").keySet()).containsExactly("Line.line");
    assertThat(messages("chat.lobby").keySet()).containsExactly("String", "Line.line");
  }

  @Test
  void whatCodeMakesOfAPayloadIsNotGuessed() {
    for (String name : List.of("Encoded", "SseMessage")) {
      assertThat(message(name).keySet()).as(name).containsExactly("description");
    }
    assertThat(contract().asyncApi()).doesNotContain("hidden", "password");
    assertThat(contract().typeScript())
        .contains("\"raw/~a%`\\\\\": { event: string; data: string };");
    // but what is said of it holds
    assertThat(message("Secret").getJsonObject("payload").getString("$ref")).endsWith("/Order");
    assertThat(message("Secret2").getString("contentType")).isEqualTo("text/plain");
    assertThat(message("Secret2").getJsonArray("examples").toString()).contains("so it is");
  }

  @Test
  void textAndTheEventsOfDatastarAreNoJson() {
    assertThat(message("String").getString("contentType")).isEqualTo("text/plain");
    assertThat(message("PatchSignals").getString("name")).isEqualTo("datastar-patch-signals");
    assertThat(message("PatchSignals").getString("contentType")).isEqualTo("text/plain");
  }

  @Test
  void theVersionChangesWithTheContractAlone() {
    assertThat(contract()).isEqualTo(contract());
    String version = document(contract()).getJsonObject("info").getString("version");
    Contract other =
        Contract.of("/", List.of(new Declaration("a", Line.class)), Set.of(), type -> false);
    assertThat(document(other).getJsonObject("info").getString("version")).isNotEqualTo(version);
  }

  /** {@code tsc} accepts it, with what uses it, {@code uses.ts} beside it. */
  @Test
  void theTypesOfTypeScriptAreThese() throws IOException {
    if (Boolean.getBoolean("golden.write")) {
      Files.writeString(GOLDEN, contract().typeScript());
    }
    assertThat(contract().typeScript()).isEqualTo(Files.readString(GOLDEN));
  }

  @Topic.Contract("a..b")
  record Malformed() {}

  @Test
  void aMalformedTopicFailsTheDeployment() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new DeclaredTypes().onStartup(Set.of(Malformed.class), null))
        .withMessageContaining(Malformed.class.getName() + ": @Topic.Contract: pattern: ");
  }
}
