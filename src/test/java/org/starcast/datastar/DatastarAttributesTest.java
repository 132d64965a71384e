package org.starcast.datastar;

import static java.time.Duration.ofMillis;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatastarAttributesTest {

  private static final DatastarAttributes NONE = DatastarAttributes.none();

  static Stream<Arguments> attributes() {
    Map<String, String> classes = new LinkedHashMap<>();
    classes.put("font-bold", "$a > 1");
    classes.put("hover:Big", "$b");
    Map<String, Object> signals = new LinkedHashMap<>();
    signals.put("count", 0);
    signals.put("gone", null);
    return Stream.of(
        Arguments.of(NONE, ""),
        Arguments.of(NONE.attr("aria-label", "$a"), " data-attr:aria-label=\"$a\""),
        Arguments.of(NONE.attr(Map.of("title", "$a")), " data-attr=\"{&#39;title&#39;: ($a)}\""),
        Arguments.of(NONE.bind("user.firstName"), " data-bind=\"user.firstName\""),
        Arguments.of(
            NONE.bind("n").prop("valueAsNumber").events("input", "change"),
            " data-bind__prop.value-as-number__event.input.change=\"n\""),
        Arguments.of(NONE.classes("active", "$a"), " data-class:active=\"$a\""),
        Arguments.of(
            NONE.classes(classes),
            " data-class=\"{&#39;font-bold&#39;: ($a &gt; 1), &#39;hover:Big&#39;: ($b)}\""),
        Arguments.of(NONE.classes("hover:x", "$a"), " data-class=\"{&#39;hover:x&#39;: ($a)}\""),
        Arguments.of(NONE.computed("fullName", "$a"), " data-computed:full-name=\"$a\""),
        Arguments.of(
            NONE.computed("Name_x", "$a"), " data-computed=\"{&#39;Name_x&#39;: () =&gt; ($a)}\""),
        Arguments.of(NONE.effect("$a = $b"), " data-effect=\"$a = $b\""),
        Arguments.of(NONE.ignore(), " data-ignore"),
        Arguments.of(NONE.ignore().self(), " data-ignore__self"),
        Arguments.of(NONE.ignoreMorph(), " data-ignore-morph"),
        Arguments.of(NONE.indicator("busy"), " data-indicator=\"busy\""),
        Arguments.of(
            NONE.init(DatastarAction.get("/s")).delay(ofMillis(500)).viewTransition(),
            " data-init__delay.500ms__viewtransition=\"@get(&#39;/s&#39;)\""),
        Arguments.of(NONE.jsonSignals().terse(), " data-json-signals__terse"),
        Arguments.of(
            NONE.jsonSignals("^a", null), " data-json-signals=\"{include: RegExp(&#39;^a&#39;)}\""),
        Arguments.of(
            NONE.on("click", DatastarAction.post("/a?b=c&d=e")).once().prevent(),
            " data-on:click__once__prevent=\"@post(&#39;/a?b=c&amp;d=e&#39;)\""),
        Arguments.of(
            NONE.on("input", "$a").debounce(Duration.ofSeconds(1), "leading", "notrailing"),
            " data-on:input__debounce.1000ms.leading.notrailing=\"$a\""),
        Arguments.of(
            NONE.on("scroll", "$a").window().passive().capture().throttle(ofMillis(20), "trailing"),
            " data-on:scroll__window__passive__capture__throttle.20ms.trailing=\"$a\""),
        Arguments.of(
            NONE.on("click", "$a").outside().stop(), " data-on:click__outside__stop=\"$a\""),
        Arguments.of(NONE.on("keydown", "$a").document(), " data-on:keydown__document=\"$a\""),
        Arguments.of(NONE.on("itemSaved", "$a"), " data-on:item-saved__case.camel=\"$a\""),
        Arguments.of(NONE.on("sl-change", "$a"), " data-on:sl-change=\"$a\""),
        Arguments.of(
            NONE.onIntersect(DatastarAction.get("/more")).half().exit(),
            " data-on-intersect__half__exit=\"@get(&#39;/more&#39;)\""),
        Arguments.of(
            NONE.onIntersect("$a").threshold(25).full(),
            " data-on-intersect__threshold.25__full=\"$a\""),
        Arguments.of(
            NONE.onInterval(DatastarAction.get("/t")).duration(Duration.ofSeconds(5), "leading"),
            " data-on-interval__duration.5000ms.leading=\"@get(&#39;/t&#39;)\""),
        Arguments.of(
            NONE.onSignalPatch("log(patch)").delay(ofMillis(1)).onSignalPatchFilter("^a\\.", "b$"),
            " data-on-signal-patch__delay.1ms=\"log(patch)\""
                + " data-on-signal-patch-filter=\"{include: RegExp(&#39;^a\\u005c.&#39;), exclude:"
                + " RegExp(&#39;b\\u0024&#39;)}\""),
        Arguments.of(NONE.preserveAttr("open", "class"), " data-preserve-attr=\"open class\""),
        Arguments.of(NONE.ref("el1"), " data-ref=\"el1\""),
        Arguments.of(NONE.show("$a && \"x\""), " data-show=\"$a &amp;&amp; &quot;x&quot;\""),
        Arguments.of(
            NONE.signals(signals).ifMissing(),
            " data-signals__ifmissing=\"{&quot;count&quot;:0,&quot;gone&quot;:null}\""),
        Arguments.of(NONE.style("max-width", "$a"), " data-style:max-width=\"$a\""),
        Arguments.of(NONE.style(Map.of("--x", "$a")), " data-style=\"{&#39;--x&#39;: ($a)}\""),
        Arguments.of(NONE.text("$a"), " data-text=\"$a\""));
  }

  @ParameterizedTest
  @MethodSource("attributes")
  void attributeIsWrittenForHtml(DatastarAttributes attributes, String expected) {
    assertThat(attributes).hasToString(expected);
  }

  static Stream<Arguments> actions() {
    return Stream.of(
        Arguments.of(DatastarAction.get("/a"), "@get('/a')"),
        Arguments.of(DatastarAction.put("a"), "@put('a')"),
        Arguments.of(DatastarAction.patch("a"), "@patch('a')"),
        Arguments.of(DatastarAction.delete("/a/1"), "@delete('/a/1')"),
        Arguments.of(DatastarAction.query("/a"), "@query('/a')"),
        Arguments.of(
            DatastarAction.post("/a").form().selector("#f[x=\"y\"]"),
            "@post('/a', {contentType: 'form', selector: '#f[x=\\u0022y\\u0022]'})"),
        Arguments.of(
            DatastarAction.get("/a")
                .headers(Map.of("X-A", "b'c"))
                .filterSignals("^x", null)
                .payload(Map.of("a", List.of(1, true)))
                .openWhenHidden(true)
                .requestCancellation(DatastarAction.Cancellation.DISABLED),
            "@get('/a', {headers: {\"X-A\":\"b\\u0027c\"}, filterSignals: {include: RegExp('^x')},"
                + " payload: {\"a\":[1,true]}, openWhenHidden: true, requestCancellation:"
                + " 'disabled'})"),
        Arguments.of(
            DatastarAction.get("/a")
                .retry(DatastarAction.Retry.ERROR)
                .retryInterval(Duration.ofSeconds(2))
                .retryScaler(1.5)
                .retryMaxWait(Duration.ofMinutes(1))
                .retryMaxCount(3),
            "@get('/a', {retry: 'error', retryInterval: 2000, retryScaler: 1.5, retryMaxWait:"
                + " 60000, retryMaxCount: 3})"),
        Arguments.of(
            DatastarAction.get("/a").retryForever(),
            "@get('/a', {retry: 'always', retryMaxCount: Infinity})"),
        Arguments.of(DatastarAction.setAll(true, "^x"), "@setAll(true, {include: RegExp('^x')})"),
        Arguments.of(DatastarAction.toggleAll("^x"), "@toggleAll({include: RegExp('^x')})"));
  }

  @ParameterizedTest
  @MethodSource("actions")
  void actionIsAnExpression(DatastarAction action, String expected) {
    assertThat(action).hasToString(expected);
  }

  /** What the client's own rewriting of expressions must not find in a value. */
  @Test
  void valuesInExpressionsStayValues() {
    for (String text : HostileInputTest.TEXTS) {
      String string = DatastarAttributes.value(text);
      assertThat(decoded(string)).isEqualTo(text);
      assertInert(string.substring(1, string.length() - 1));
      String json = NONE.signals(Map.of("a", text)).toMap().get("data-signals");
      assertThat(Json.parseObject(json).getString("a")).isEqualTo(text);
      assertInert(json.substring("{'a':'".length(), json.length() - "'}".length()));
    }
    assertThat(NONE.text(DatastarAttributes.value("\"><script>'")).toString())
        .isEqualTo(" data-text=\"&#39;\\u0022\\u003e\\u003cscript\\u003e\\u0027&#39;\"");
  }

  private static void assertInert(String inside) {
    assertThat(inside)
        .doesNotContain("'", "\"", "`", ";", "$", "@", "<", "\n", "\r", "\u0000", "😀");
  }

  @Test
  void mapIsNotEscapedAndCannotBeChanged() {
    DatastarAttributes attributes = NONE.on("click", DatastarAction.post("/a")).text("$a < 1");
    assertThat(attributes.toMap())
        .containsExactly(
            Map.entry("data-on:click", "@post('/a')"), Map.entry("data-text", "$a < 1"));
    assertThatThrownBy(() -> attributes.toMap().put("a", "b"))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  static Stream<Supplier<?>> refused() {
    return Stream.of(
        () -> NONE.once(),
        () -> NONE.text("$a").once(),
        () -> NONE.text("$a").text("$b"),
        () -> NONE.text(" "),
        () -> NONE.on("click", "$a").on("click", "$b"),
        () -> NONE.on("a b", "$a"),
        () -> NONE.on("a=b", "$a"),
        () -> NONE.on("a\"", "$a"),
        () -> NONE.on("a__once", "$a"),
        () -> NONE.on("my-Event", "$a").on("my-event-Big", "$a"),
        () -> NONE.on("click", "$a").debounce(ofMillis(1), "trailing"),
        () -> NONE.on("click", "$a").debounce(ofMillis(-1)),
        () -> NONE.on("click", "$a").duration(ofMillis(1)),
        () -> NONE.onIntersect("$a").threshold(101),
        () -> NONE.bind("$a"),
        () -> NONE.bind("a__b"),
        () -> NONE.bind("a b"),
        () -> NONE.bind("a..b"),
        () -> NONE.bind("a").prop("inner-html"),
        () -> NONE.bind("a").events("a.b"),
        () -> NONE.signals("alert(1)"),
        () -> NONE.preserveAttr("a b"),
        () -> NONE.attr("a\nb", "$a"),
        () -> DatastarAction.get("/a").headers(Map.of("a\r\nb", "c")),
        () -> DatastarAction.get("/a").headers(Map.of("a", "c\n")),
        () -> DatastarAction.get("/a").retryScaler(Double.NaN),
        () -> DatastarAction.get("/a").retryMaxCount(-1),
        () -> DatastarAction.get("/a").retryInterval(Duration.ofDays(2)));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void nonsenseIsRefused(Supplier<?> nonsense) {
    assertThatThrownBy(nonsense::get)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching("(?s)[a-zA-Z, ]+: .+");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/a'b", "/a?q=@get('/b')", "/a;b", "/${a}"})
  void urlsInActionsStayUrls(String url) {
    String action = DatastarAction.get(url).toString();
    assertThat(decoded(action.substring("@get(".length(), action.length() - 1))).isEqualTo(url);
    assertThat(action.substring(1)).doesNotContain("@", ";", "$");
  }

  /** A single-quoted JavaScript string without escapes but unicode ones. */
  private static String decoded(String literal) {
    StringBuilder out = new StringBuilder();
    assertThat(literal).startsWith("'").endsWith("'");
    for (int i = 1; i < literal.length() - 1; i++) {
      if (literal.startsWith("\\u", i)) {
        out.append((char) Integer.parseInt(literal, i + 2, i + 6, 16));
        i += 5;
      } else {
        out.append(literal.charAt(i));
      }
    }
    return out.toString();
  }
}
