package org.starcast.datastar;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The cases of Datastar's SDK test suite, from the folder {@code sdk/tests/golden} of a copy of
 * starfederation/datastar that the system property {@code datastar.golden} names. As in the suite,
 * the data lines of an event are compared keyword by keyword; unlike there, elements must be the
 * same to the letter.
 */
class OfficialGoldenTest {

  private static final String PROPERTY = "datastar.golden";
  private static final DatastarSse DATASTAR = Recorder.datastar();

  @TestFactory
  Stream<DynamicTest> cases() throws IOException {
    String folder = System.getProperty(PROPERTY, "");
    Assumptions.assumeTrue(
        !folder.isEmpty(),
        "not run: -D" + PROPERTY + " names no folder sdk/tests/golden of starfederation/datastar");
    List<Path> inputs;
    try (Stream<Path> files = Files.walk(Path.of(folder))) {
      inputs = files.filter(file -> file.endsWith("input.json")).sorted().toList();
    }
    assertThat(inputs).as("cases in " + folder).isNotEmpty();
    return inputs.stream()
        .map(
            input ->
                DynamicTest.dynamicTest(
                    Path.of(folder).relativize(input.getParent()).toString(), () -> check(input)));
  }

  private static void check(Path input) throws IOException {
    // the suite sends the input as the request's signals
    JsonObject signals =
        (JsonObject) SignalsReader.DEFAULT.bind(Files.readString(input), JsonObject.class);
    DatastarEvent.Batch batch = DATASTAR.batch();
    for (JsonValue event : signals.getJsonArray("events")) {
      batch = batch.and(event(event.asJsonObject()));
    }
    String expected = Files.readString(input.resolveSibling("output.txt"));
    assertThat(normalized(batch.render())).isEqualTo(normalized(expected));
  }

  private static DatastarEvent event(JsonObject input) {
    return switch (input.getString("type")) {
      case "patchElements" -> patchElements(input);
      case "patchSignals" ->
          envelope(
              input,
              DATASTAR
                  .patchSignals(
                      input.containsKey("signals-raw")
                          ? input.getString("signals-raw")
                          : input.getJsonObject("signals"))
                  .onlyIfMissing(input.getBoolean("onlyIfMissing", false)));
      case "executeScript" -> {
        Map<String, String> attributes = new LinkedHashMap<>();
        if (input.containsKey("attributes")) {
          input
              .getJsonObject("attributes")
              .forEach((name, value) -> attributes.put(name, ((JsonString) value).getString()));
        }
        yield envelope(
            input,
            DATASTAR
                .executeScript(input.getString("script"))
                .attributes(attributes)
                .autoRemove(input.getBoolean("autoRemove", true)));
      }
      default -> throw new AssertionError("unknown type in " + input);
    };
  }

  private static DatastarEvent patchElements(JsonObject input) {
    // the suite's elements have no ids
    PatchElements patch =
        DATASTAR
            .patchElements(input.getString("elements", ""))
            .mode(PatchElements.Mode.parse(input.getString("mode", "outer")))
            .namespace(PatchElements.Namespace.parse(input.getString("namespace", "html")))
            .useViewTransition(input.getBoolean("useViewTransition", false))
            .withoutTargetCheck();
    if (input.containsKey("selector")) {
      patch = patch.selector(input.getString("selector"));
    }
    return envelope(input, patch);
  }

  private static <T extends AbstractEvent<T, ?>> T envelope(JsonObject input, T event) {
    T result = event;
    if (input.containsKey("eventId")) {
      result = result.eventId(input.getString("eventId"));
    }
    if (input.containsKey("retryDuration")) {
      result = result.retry(Duration.ofMillis(input.getInt("retryDuration")));
    }
    return result;
  }

  /** Fields in their order, with the data by keyword; spaces at the end of a line do not count. */
  private static List<List<String>> normalized(String stream) {
    List<List<String>> events = new ArrayList<>();
    for (Wire.Event event : Wire.parse(stream.stripTrailing() + "\n\n")) {
      List<String> fields = new ArrayList<>();
      fields.add("event: " + event.name());
      fields.add("id: " + event.id());
      fields.add("retry: " + event.retry());
      new TreeMap<>(event.arguments())
          .forEach((keyword, value) -> fields.add(keyword + " " + value.replaceAll(" +\n", "\n")));
      events.add(fields);
    }
    return events;
  }
}
