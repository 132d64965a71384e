package org.starcast.datastar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Text of an enemy in every parameter: refused with its name, or arriving as what it is. */
class HostileInputTest {

  private static final DatastarSse DATASTAR = Recorder.datastar();

  static final List<String> TEXTS =
      List.of(
          "</script><script>alert(1)</script>",
          "<!--<script>",
          "</SCRIPT >",
          "</body></html>",
          "\"'`\\",
          "${alert(1)}",
          "'+alert(1)+'",
          "\"); alert(1); (\"",
          "a\nevent: evil\n\ndata: elements <p id=x>",
          "a\revent: evil\r\rdata: x",
          "a\r\n\r\ndata: x",
          "a\nselector #evil",
          "a\u0000b",
          "\ud800",
          "x\udc00y",
          "\u2028\u2029\u0085\u000b\u000c",
          "😀\ufeff",
          "@get('/evil')",
          "x".repeat(1_000_000));

  /** Parameters of one line: each text that is not one line is refused, and so is a long one. */
  static Stream<Arguments> lines() {
    return Stream.of(
        line("eventId", "eventId", v -> DATASTAR.patchSignals("{}").eventId(v), Wire.Event::id),
        line(
            "selector",
            "selector",
            v -> DATASTAR.patchElements("").selector(v),
            e -> e.arguments().get("selector")),
        line(
            "viewTransitionSelector",
            "viewTransitionSelector",
            v ->
                DATASTAR
                    .patchElements("")
                    .selector("a")
                    .useViewTransition()
                    .viewTransitionSelector(v),
            e -> e.arguments().get("viewTransitionSelector")),
        line(
            "removeElements",
            "selector",
            DATASTAR::removeElements,
            e -> e.arguments().get("selector")),
        line("id", "id", DATASTAR::removeElementById, null),
        line("selectorId", "id", v -> DATASTAR.patchElements("").selectorId(v), null),
        line("path", "path", DATASTAR::removeSignals, null),
        line("event", "event", v -> DATASTAR.dispatchCustomEvent(v, 1), null),
        line(
            "event's selector",
            "selector",
            v -> DATASTAR.dispatchCustomEvent("a", 1).selector(v),
            null),
        line("attribute", "attribute", v -> DATASTAR.executeScript("a").attribute("b", v), null),
        line("coalesce", "key", v -> DATASTAR.patchSignals("{}").coalesce(v), null),
        line("nonce", "nonce", v -> DATASTAR.executeScript("a").nonce(v), null),
        line("event's nonce", "nonce", v -> DATASTAR.dispatchCustomEvent("a", 1).nonce(v), null),
        line(
            "attribute name",
            "attribute",
            v -> DATASTAR.executeScript("a").attribute(v, "b"),
            null),
        line("redirect", "location", DATASTAR::redirect, null),
        line("replaceUrl", "url", DATASTAR::replaceUrl, null),
        line("prefetch", "urls", DATASTAR::prefetch, null));
  }

  private static Arguments line(
      String name,
      String parameter,
      Function<String, DatastarEvent> make,
      Function<Wire.Event, String> read) {
    return Arguments.of(name, parameter, make, read);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("lines")
  void lineIsRefusedOrArrives(
      String name,
      String parameter,
      Function<String, DatastarEvent> make,
      Function<Wire.Event, String> read) {
    List<String> texts = new ArrayList<>(TEXTS);
    texts.addAll(List.of("", " ", "\n", "a\tb", "\u007f"));
    int refused = 0;
    for (String text : texts) {
      DatastarEvent event;
      try {
        event = make.apply(text);
      } catch (IllegalArgumentException e) {
        assertThat(e).hasMessageMatching("(?s)" + parameter + ".*: .*");
        refused++;
        continue;
      }
      assertThat(text).doesNotContain("\n", "\r", "\u0000", "\ud800").hasSizeLessThan(8193);
      Wire.Event arrived = Wire.one(event.render());
      assertThat(arrived.name()).startsWith("datastar-patch-");
      if (read != null) {
        assertThat(read.apply(arrived)).isEqualTo(text);
      }
      assertOneScript(arrived.arguments().getOrDefault("elements", ""));
    }
    assertThat(refused).isGreaterThanOrEqualTo(11);
  }

  @Test
  void nullIsRefused() {
    assertThatThrownBy(() -> DATASTAR.redirect((String) null)).hasMessage("location");
    assertThatThrownBy(() -> DATASTAR.removeElements(null)).hasMessage("selector");
    assertThatThrownBy(() -> DATASTAR.patchElements("").mode(null)).hasMessage("mode");
    assertThatThrownBy(() -> DATASTAR.patchSignals(null)).hasMessageStartingWith("signals: ");
    assertThatThrownBy(() -> DATASTAR.removeSignals()).hasMessageStartingWith("paths: ");
    assertThatThrownBy(() -> DATASTAR.prefetch()).hasMessageStartingWith("urls: ");
    assertThatThrownBy(() -> DATASTAR.executeScript(" \n")).hasMessageStartingWith("script: ");
    assertThatThrownBy(() -> DATASTAR.removeSignals("a..b")).hasMessageStartingWith("path: ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        " javascript:alert(1)",
        "\u0001javascript:alert(1)",
        "\u00a0javascript:alert(1)",
        "\ufeffjavascript:alert(1)",
        "data:text/html,<script>",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:x",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "http:evil",
        "https:///evil",
        "http://",
        "x y",
        "mailto:a@b"
      })
  void locationsThatAreNotPagesAreRefused(String location) {
    assertThatThrownBy(() -> DATASTAR.redirect(location))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("location: ");
    assertThatThrownBy(() -> DatastarAction.get(location)).hasMessageStartingWith("url: ");
    assertThatThrownBy(() -> DatastarPage.selfHosted(location)).hasMessageStartingWith("url: ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "orders/1",
        "./a:b",
        "../x",
        "?a=b",
        "#top",
        "https://x.example/?u=javascript:1",
        "HTTP://x.example",
        "/ü/😀",
        "/a'b\"c<d>"
      })
  void locationsOfPagesAreTaken(String location) {
    String elements = Wire.one(DATASTAR.redirect(location).render()).arguments().get("elements");
    assertOneScript(elements);
    Matcher literal = Pattern.compile("window.location = (\".*\")\\)</script>").matcher(elements);
    assertThat(literal.find()).isTrue();
    assertThat(json(literal.group(1))).isEqualTo(location);
  }

  @Test
  void elementsArriveWithTheirLineBreaksAsLf() {
    for (String text : TEXTS) {
      Wire.Event event = Wire.one(DATASTAR.patchElements(text).selector("#x").render());
      assertThat(event.arguments()).containsOnlyKeys("selector", "elements");
      assertThat(event.arguments().get("elements"))
          .isEqualTo(arrived(text.replaceAll("\r\n?", "\n").replace('\u0000', '\ufffd')));
    }
  }

  /** UTF-8 has no lone surrogates. */
  private static String arrived(String text) {
    int[] points =
        text.codePoints()
            .map(c -> Character.getType(c) == Character.SURROGATE ? 0xfffd : c)
            .toArray();
    return new String(points, 0, points.length);
  }

  @Test
  void signalsArriveAsTheyAre() {
    for (String text : TEXTS) {
      Map<String, Object> signals = new LinkedHashMap<>();
      signals.put(text, text);
      Wire.Event event = Wire.one(DATASTAR.patchSignals(signals).render());
      assertThat(event.arguments()).containsOnlyKeys("signals");
      JsonObject read = org.starcast.datastar.Json.parseObject(event.arguments().get("signals"));
      assertThat(read.getString(arrived(text))).isEqualTo(arrived(text));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[1]",
        "1",
        "null",
        "\"a\"",
        "{",
        "{}{}",
        "{} alert(1)",
        "{a:1}",
        "{'a':1}",
        "{\"a\":1,}",
        "{\"a\":\"\n\"}",
        "{\"a\":undefined}",
        "counter: $counter + 1",
        "(() => alert(1))()",
        "/**/{}",
        "\ufeff{}"
      })
  void signalsThatAreNoJsonObjectAreRefused(String text) {
    // the client would run them as a script
    assertThatThrownBy(() -> DATASTAR.patchSignals(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("signals: must be a JSON object");
  }

  @Test
  void valuesThatAreNoJsonObjectAreRefused() {
    for (Object value :
        List.of(List.of(1), 1, true, jakarta.json.Json.createArrayBuilder().build())) {
      assertThatThrownBy(() -> DATASTAR.patchSignals(value))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("signals: ");
    }
    assertThatThrownBy(() -> DATASTAR.patchSignals(Map.of("a", Double.NaN)))
        .isInstanceOf(IllegalArgumentException.class);
    String deep = "{\"a\":".repeat(5000) + "1" + "}".repeat(5000);
    assertThatThrownBy(() -> DATASTAR.patchSignals(deep))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void scriptCannotEndItsElement() {
    for (String text : TEXTS) {
      String elements =
          Wire.one(DATASTAR.executeScript("x(" + ExecuteScript.literal(text) + ")").render())
              .arguments()
              .get("elements");
      assertOneScript(elements);
      Matcher literal = Pattern.compile("(?s)x\\((\".*\")\\)</script>$").matcher(elements);
      assertThat(literal.find()).isTrue();
      assertThat(json(literal.group(1))).isEqualTo(text);
      assertOneScript(
          Wire.one(DATASTAR.executeScript("/* " + text).render()).arguments().get("elements"));
    }
    assertThat(Wire.one(DATASTAR.executeScript("a='</ScRipt><!--</BODY>'").render()).arguments())
        .containsEntry(
            "elements",
            "<script data-effect=\"el.remove()\">a='\\u003c/ScRipt>\\u003c!--\\u003c/BODY>'"
                + "</script>");
  }

  @Test
  void scriptsOfDataCarryItAsData() {
    for (String text : TEXTS) {
      for (DatastarEvent event :
          List.of(
              DATASTAR.consoleLog(text),
              DATASTAR.consoleError(text),
              DATASTAR.consoleError(new RuntimeException(text)),
              DATASTAR.dispatchCustomEvent("a", text),
              DATASTAR.dispatchCustomEvent("a", Map.of("__proto__", text)))) {
        Wire.Event arrived = Wire.one(event.render());
        assertThat(arrived.arguments()).containsEntry("selector", "body");
        assertThat(arrived.arguments().get("elements")).doesNotContain("\n");
        assertOneScript(arrived.arguments().get("elements"));
      }
    }
  }

  @Test
  void attributeCannotEndItsValue() {
    String elements =
        Wire.one(
                DATASTAR
                    .executeScript("go()")
                    .attribute("title", "\"><script>alert(1)</script>'`&quot;")
                    .render())
            .arguments()
            .get("elements");
    assertThat(elements)
        .isEqualTo(
            "<script title=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;&#96;&amp;quot;\""
                + " data-effect=\"el.remove()\">go()</script>");
  }

  @Test
  void retryIsBounded() {
    PatchElements event = DATASTAR.removeElements("#a");
    for (Duration bad : List.of(Duration.ofMillis(-1), Duration.ofHours(24).plusMillis(1))) {
      assertThatThrownBy(() -> event.retry(bad)).hasMessageStartingWith("retry: must be 0 to 24");
    }
    assertThat(Wire.one(event.retry(Duration.ZERO).render()).retry()).isEqualTo("0");
  }

  /** As the HTML parser and Datastar's client see it: one script element, or none. */
  private static void assertOneScript(String elements) {
    String lower = elements.toLowerCase();
    if (lower.startsWith("<script")) {
      assertThat(lower.indexOf("</script")).isEqualTo(lower.length() - "</script>".length());
      assertThat(lower).doesNotContain("<!--", "</html", "</head", "</body");
    }
  }

  private static String json(String literal) {
    return org.starcast.datastar.Json.parseObject("{\"a\":" + literal + "}").getString("a");
  }

  @Test
  void aKeyNeverSetsThePrototypeOfAnObject() {
    String own = "{[\"__proto__\"]:{\"admin\":true},\"a\":\"__proto__\"}";
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("__proto__", Map.of("admin", true));
    map.put("a", "__proto__");
    assertThat(ExecuteScript.literal(map)).isEqualTo(own);
    assertThat(DatastarAttributes.value(map)).isEqualTo(own);
    assertThat(DatastarAttributes.none().signals(map).toString()).contains("[", "__proto__", "]:");
    for (String text :
        List.of(
            "{\"\\u005f_proto__\" :1}",
            "{\"a\\\"\":[{\"__pr\\u006fto_\\u005F\":1}]}",
            "{\"x\":{\"__proto__\"\n:1}}")) {
      String literal = ExecuteScript.literal(Json.parseObject(text));
      assertThat(literal).contains("[\"__proto__\"]").doesNotContain("{\"__proto__\"");
      assertThat(Escape.scriptJson(text)).contains("[\"__proto__\"]");
      assertThat(Escape.expressionJson(text)).contains("[\"__proto__\"]");
    }
    for (String text :
        List.of("{\"a\":\"\\\\\",\"b\":\"__proto__:\"}", "{\"__proto\":\"\\u0001\"}")) {
      assertThat(Escape.scriptJson(text)).isEqualTo(text);
    }
  }
}
