package org.starcast.datastar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.starcast.datastar.PatchElements.Mode.APPEND;
import static org.starcast.datastar.PatchElements.Mode.INNER;
import static org.starcast.datastar.PatchElements.Mode.REPLACE;

import jakarta.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Calendar;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operation, byte for byte. */
class DatastarSseTest {

  private static final DatastarSse DATASTAR = Recorder.datastar();

  /** The event as the SDK specification writes it, the blank line at its end left out. */
  static Stream<Arguments> events() {
    Map<String, Object> nulls = new LinkedHashMap<>();
    nulls.put("one", null);
    nulls.put("two", Map.of("alpha", 2));
    return Stream.of(
        event(
            "elements",
            DATASTAR.patchElements("<div id=\"a\">1</div>"),
            """
            event: datastar-patch-elements
            data: elements <div id="a">1</div>
            """),
        event(
            "elements with everything, in the specification's order",
            DATASTAR
                .patchElements("<circle/>")
                .namespace(PatchElements.Namespace.SVG)
                .viewTransitionSelector("#main")
                .useViewTransition()
                .mode(APPEND)
                .selector("#vis")
                .retry(Duration.ofSeconds(2))
                .eventId("e 1"),
            """
            event: datastar-patch-elements
            id: e 1
            retry: 2000
            data: selector #vis
            data: mode append
            data: useViewTransition true
            data: viewTransitionSelector #main
            data: namespace svg
            data: elements <circle/>
            """),
        event(
            "defaults are left out",
            DATASTAR
                .patchElements("<p id=a></p>")
                .mode(PatchElements.Mode.OUTER)
                .namespace(PatchElements.Namespace.HTML)
                .useViewTransition(false)
                .viewTransitionSelector("#unused")
                .retry(Duration.ofMillis(1000)),
            """
            event: datastar-patch-elements
            data: elements <p id=a></p>
            """),
        event(
            "lines of all kinds, blank ones kept",
            DATASTAR.patchElements("<pre id=a>1\n2\r3\r\n\n  4\r\r5</pre>\n"),
            """
            event: datastar-patch-elements
            data: elements <pre id=a>1
            data: elements 2
            data: elements 3
            data: elements\s
            data: elements   4
            data: elements\s
            data: elements 5</pre>
            data: elements\s
            """),
        event(
            "several elements",
            DATASTAR.patchElements("<a id=a></a>", "<b id=b></b>\r\n<i id=c></i>"),
            """
            event: datastar-patch-elements
            data: elements <a id=a></a>
            data: elements <b id=b></b>
            data: elements <i id=c></i>
            """),
        event(
            "elements that render themselves",
            DATASTAR.patchElements(
                out -> out.append("<p id='x'>").append('\n').append("--</p>--", 2, 6),
                Html.of("<b id=b></b>")),
            """
            event: datastar-patch-elements
            data: elements <p id='x'>
            data: elements </p>
            data: elements <b id=b></b>
            """),
        event(
            "no elements empty the target",
            DATASTAR.patchElements("").selector("#list").mode(INNER),
            """
            event: datastar-patch-elements
            data: selector #list
            data: mode inner
            """),
        event(
            "target by id",
            DATASTAR.patchElements("x").selectorId("1a:b").mode(INNER),
            """
            event: datastar-patch-elements
            data: selector #\\31 a\\:b
            data: mode inner
            data: elements x
            """),
        event(
            "remove",
            DATASTAR.removeElements("#feed, .other").eventId("9"),
            """
            event: datastar-patch-elements
            id: 9
            data: selector #feed, .other
            data: mode remove
            """),
        event(
            "remove by id",
            DATASTAR.removeElementById("todo.7"),
            """
            event: datastar-patch-elements
            data: selector #todo\\.7
            data: mode remove
            """),
        event(
            "signals of a map, nulls kept",
            DATASTAR.patchSignals(nulls),
            """
            event: datastar-patch-signals
            data: signals {"one":null,"two":{"alpha":2}}
            """),
        event(
            "signals of a record, only if missing",
            DATASTAR
                .patchSignals(new Progress(40, null, List.of("a")))
                .onlyIfMissing()
                .retry(Duration.ofMillis(500)),
            """
            event: datastar-patch-signals
            retry: 500
            data: onlyIfMissing true
            data: signals {"percent":40,"status":null,"tags":["a"]}
            """),
        event(
            "signals of JSON-P",
            DATASTAR.patchSignals(Json.createObjectBuilder().addNull("a").build()),
            """
            event: datastar-patch-signals
            data: signals {"a":null}
            """),
        event(
            "signals as text, as they are",
            DATASTAR.patchSignals("{\n \"a\":\r\n  \"x\\ny\" }"),
            """
            event: datastar-patch-signals
            data: signals {
            data: signals  "a":
            data: signals   "x\\ny" }
            """),
        event(
            "remove signals",
            DATASTAR.removeSignals("a", "user.name", "user.email", "b.c.d", "b.c", "x", "x.y"),
            """
            event: datastar-patch-signals
            data: signals {"a":null,"user":{"name":null,"email":null},"b":{"c":null},"x":null}
            """),
        event(
            "script",
            DATASTAR.executeScript("if (true) {\n\n  go();\r}"),
            """
            event: datastar-patch-elements
            data: selector body
            data: mode append
            data: elements <script data-effect="el.remove()">if (true) {
            data: elements\s
            data: elements   go();
            data: elements }</script>
            """),
        event(
            "script with attributes",
            DATASTAR
                .executeScript("go()")
                .attributes("type=\"module\"", "async", "data-x=a\"b")
                .attribute("title", "<&>")
                .nonce("r4nd0m+/==")
                .autoRemove(false),
            """
            event: datastar-patch-elements
            data: selector body
            data: mode append
            data: elements <script type="module" async data-x="a&quot;b" title="&lt;&amp;&gt;"\
             nonce="r4nd0m+/==">go()</script>
            """),
        event(
            "redirect",
            DATASTAR.redirect(URI.create("/orders?id=1&x='2'")),
            """
            event: datastar-patch-elements
            data: selector body
            data: mode append
            data: elements <script data-effect="el.remove()">setTimeout(() => window.location =\
             "/orders?id=1&x='2'")</script>
            """),
        event(
            "replace URL",
            DATASTAR.replaceUrl("?page=2"),
            """
            event: datastar-patch-elements
            data: selector body
            data: mode append
            data: elements <script data-effect="el.remove()">window.history.replaceState({}, "",\
             "?page=2")</script>
            """),
        event(
            "custom event",
            DATASTAR.dispatchCustomEvent("saved", Map.of("id", 7)),
            """
            event: datastar-patch-elements
            data: selector body
            data: mode append
            data: elements <script data-effect="el.remove()">for (const target of [document])\
             target.dispatchEvent(new CustomEvent("saved", {bubbles: true, cancelable: true,\
             composed: true, detail: JSON.parse("{\\"id\\":7}")}))</script>
            """),
        event(
            "custom event with everything",
            DATASTAR
                .dispatchCustomEvent("saved", null)
                .selector(".row[data-x=\"1\"]")
                .bubbles(false)
                .cancelable(false)
                .composed(false)
                .nonce("abc")
                .eventId("5"),
            """
            event: datastar-patch-elements
            id: 5
            data: selector body
            data: mode append
            data: elements <script nonce="abc" data-effect="el.remove()">for (const target of\
             document.querySelectorAll(".row[data-x=\\"1\\"]")) target.dispatchEvent(new\
             CustomEvent("saved", {bubbles: false, cancelable: false, composed: false, detail:\
             JSON.parse("null")}))</script>
            """),
        event(
            "console",
            DATASTAR.consoleLog("a \"b\"\n<c>"),
            """
            event: datastar-patch-elements
            data: selector body
            data: mode append
            data: elements <script data-effect="el.remove()">console.log("a\
             \\"b\\"\\n\\u003cc\\u003e")</script>
            """),
        event(
            "console error",
            DATASTAR.consoleError(new IllegalStateException("no")),
            """
            event: datastar-patch-elements
            data: selector body
            data: mode append
            data: elements <script data-effect="el.remove()">\
            console.error("java.lang.IllegalStateException: no")</script>
            """),
        event(
            "prefetch",
            DATASTAR.prefetch("/a", "/b"),
            """
            event: datastar-patch-elements
            data: selector body
            data: mode append
            data: elements <script type="speculationrules">\
            {"prefetch":[{"urls":["/a","/b"]}]}</script>
            """));
  }

  private static Arguments event(String name, DatastarEvent event, String expected) {
    return Arguments.of(name, event, expected);
  }

  /** A record to be sent. */
  public record Progress(int percent, String status, List<String> tags) {}

  @ParameterizedTest(name = "{0}")
  @MethodSource("events")
  void eventIsWrittenByteForByte(String name, DatastarEvent event, String expected) {
    assertThat(event.render()).isEqualTo(expected + "\n");
  }

  @ParameterizedTest
  @EnumSource(PatchElements.Mode.class)
  void modesHaveTheSpecificationsNames(PatchElements.Mode mode) {
    String expected = mode == PatchElements.Mode.OUTER ? null : mode.name().toLowerCase();
    PatchElements patch = DATASTAR.patchElements("<p></p>").selector("#x").mode(mode);
    assertThat(Wire.one(patch.render()).arguments().get("mode")).isEqualTo(expected);
    assertThat(PatchElements.Mode.parse(mode.value().toUpperCase())).isSameAs(mode);
  }

  @Test
  void oldNameOfTheMorphIsUnderstood() {
    assertThat(PatchElements.Mode.parse("morph")).isSameAs(PatchElements.Mode.OUTER);
    assertThatThrownBy(() -> PatchElements.Mode.parse("upsert"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("mode: ");
    assertThat(PatchElements.Namespace.parse("MathML")).isSameAs(PatchElements.Namespace.MATHML);
  }

  @Test
  void datesAreIso8601() {
    Map<String, Object> dates = new LinkedHashMap<>();
    dates.put("instant", Instant.EPOCH);
    dates.put("date", new Date(0));
    dates.put("calendar", new Calendar.Builder().setInstant(0).build());
    dates.put("day", LocalDate.EPOCH);
    dates.put("zoned", ZonedDateTime.ofInstant(Instant.EPOCH, ZoneId.of("Europe/Paris")));
    assertThat(Wire.one(DATASTAR.patchSignals(dates).render()).arguments().get("signals"))
        .isEqualTo(
            "{\"instant\":\"1970-01-01T00:00:00Z\",\"date\":\"1970-01-01T00:00:00Z\","
                + "\"calendar\":\"1970-01-01T00:00:00Z\",\"day\":\"1970-01-01\",\"zoned\":\"1970-01-01T01:00:00+01:00\"}");
  }

  @Test
  void renderingThatFailsIsReported() {
    Html broken =
        out -> {
          throw new IOException("disk");
        };
    assertThatThrownBy(() -> DATASTAR.patchElements(broken))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("disk");
  }

  @Test
  void optionsMakeNewEvents() {
    PatchElements plain = DATASTAR.patchElements("<p id=a></p>");
    String before = plain.render();
    plain.selector("#x").mode(REPLACE).eventId("1").useViewTransition();
    assertThat(plain.render()).isEqualTo(before);
    assertThat(plain.toSseMessage()).isSameAs(plain.toSseMessage());
  }

  @Nested
  class DottedNames {

    @Test
    void areNested() {
      Map<String, Object> dotted = new LinkedHashMap<>();
      dotted.put("user.name", "x");
      dotted.put("user.address.city", null);
      dotted.put("count", 1);
      assertThat(Wire.one(DATASTAR.patchSignals(PatchSignals.nested(dotted)).render()).arguments())
          .containsEntry(
              "signals", "{\"user\":{\"name\":\"x\",\"address\":{\"city\":null}},\"count\":1}");
    }

    @Test
    void thatAreValueAndParentAreRefused() {
      Map<String, Object> valueFirst = new LinkedHashMap<>();
      valueFirst.put("a", 1);
      valueFirst.put("a.b", 2);
      Map<String, Object> parentFirst = new LinkedHashMap<>();
      parentFirst.put("a.b", 2);
      parentFirst.put("a", Map.of());
      for (Map<String, Object> bad :
          List.<Map<String, Object>>of(valueFirst, parentFirst, Map.of("a..b", 1))) {
        assertThatThrownBy(() -> PatchSignals.nested(bad))
            .isInstanceOf(IllegalArgumentException.class);
      }
    }
  }

  @Nested
  class Delivery {

    private final Recorder recorder = new Recorder();
    private final DatastarSse datastar = new DatastarSse(recorder.broadcaster());

    @Test
    void publishesToTopicsFromASender() {
      PatchSignals event = datastar.patchSignals(Map.of("a", 1)).eventId("7").coalesce("a");
      event.publish("orders.ui", "stock");
      event.publishFrom("till", "orders.ui");
      event.publish();
      assertThat(recorder.published).hasSize(3);
      assertThat(recorder.published.get(0).topics()).containsExactly("orders.ui", "stock");
      assertThat(recorder.published.get(0).sender()).isEmpty();
      assertThat(recorder.published.get(1).sender()).contains("till");
      assertThat(recorder.published.get(2).topics()).isEmpty();
      assertThat(recorder.published)
          .allSatisfy(
              message -> {
                assertThat(message.event()).contains("datastar-patch-signals");
                assertThat(message.data().orElseThrow()).hasToString("signals {\"a\":1}");
                assertThat(message.id()).contains("7");
                assertThat(message.coalesceKey()).contains("a");
              });
    }

    @Test
    void sendsToOneClient() {
      assertThat(datastar.removeElements("#a").sendTo(recorder.client())).isTrue();
      assertThat(recorder.calls).containsExactly("send");
      recorder.room = 1;
      assertThat(datastar.removeElements("#a").sendTo(recorder.client())).isFalse();
    }

    @Test
    void answersASinkAndClosesIt() {
      datastar.consoleLog("x").respondTo(sink());
      assertThat(recorder.calls).containsExactly("open", "send", "close");
    }

    @Test
    void opensNoSinkForAnEventThatLacksSomething() {
      PatchElements lacking = datastar.patchElements("<p></p>");
      assertThatThrownBy(() -> lacking.respondTo(sink()))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> datastar.batch(datastar.removeElements("#a"), lacking).publish())
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(recorder.calls).isEmpty();
      assertThat(recorder.published).isEmpty();
    }

    @Test
    void batchKeepsItsOrder() {
      DatastarEvent.Batch batch =
          datastar.batch(datastar.removeElements("#a")).and(datastar.patchSignals("{}"));
      assertThat(batch.publish("t")).hasSize(2);
      assertThat(batch.publishFrom("s", "t")).hasSize(2);
      assertThat(recorder.published.stream().map(m -> m.event().orElseThrow()))
          .containsExactly(
              "datastar-patch-elements",
              "datastar-patch-signals",
              "datastar-patch-elements",
              "datastar-patch-signals");
      assertThat(recorder.published.get(3).sender()).contains("s");
      batch.respondTo(sink());
      assertThat(recorder.calls).containsExactly("open", "send", "send", "close");
      recorder.room = 3;
      assertThat(batch.sendTo(recorder.client())).isFalse();
      assertThat(Wire.parse(batch.render())).hasSize(2);
      assertThat(batch.isEmpty()).isFalse();
      assertThat(datastar.batch().render()).isEmpty();
    }

    private jakarta.ws.rs.sse.SseEventSink sink() {
      return (jakarta.ws.rs.sse.SseEventSink)
          java.lang.reflect.Proxy.newProxyInstance(
              getClass().getClassLoader(),
              new Class<?>[] {jakarta.ws.rs.sse.SseEventSink.class},
              (proxy, method, args) -> null);
    }
  }
}
