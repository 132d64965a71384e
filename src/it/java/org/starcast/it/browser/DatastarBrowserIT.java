package org.starcast.it.browser;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.io.File;
import java.io.StringReader;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Dimension;
import org.starcast.it.app.OperationsResource;

/** What each operation does in a real browser with Datastar's real client. */
@ArquillianTest
@RunAsClient
class DatastarBrowserIT extends BrowserTest {

  private String page;
  private String nonce;

  @Deployment(testable = false)
  static WebArchive demo() {
    return demoWar()
        .addClasses(
            OperationsResource.class, OperationsResource.Burst.class, OperationsResource.Swap.class)
        .addAsWebResource(new File("src/it/webapp/operations.html"), "operations.html")
        .addAsWebResource(new File("src/it/webapp/operations.js"), "operations.js");
  }

  @BeforeAll
  static void client() {
    assumeDatastar();
  }

  @BeforeEach
  void openPage() {
    page = unique("page");
    openStream("operations.html?" + page);
    nonce = (String) browser.executeScript("return document.querySelector('script[nonce]').nonce");
  }

  @Tag(BrowserTest.BOTH_SERVERS)
  @Test
  void elementsAreMorphedByTheirIds() {
    mark("#target");

    patch("value", "<p id=\"target\" class=\"x\">new <b>text</b></p>");

    untilTrue(() -> exists("#target.x > b"));
    assertThat(text("#target")).isEqualTo("new text");
    assertThat(marked("#target")).as("the same element").isTrue();
  }

  @Test
  void eachModeChangesThePageAsItSays() {
    patch("value", "<li>zero</li>", "selector", "#list", "mode", "prepend");
    patch("value", "<li>two</li><li>three</li>", "selector", "#list", "mode", "append");
    untilTrue(() -> texts("#list li").equals(List.of("zero", "one", "two", "three")));

    patch("value", "<h2>Before</h2>", "selector", "#list", "mode", "before");
    patch("value", "<h3>After</h3>", "selector", "#list", "mode", "after");
    untilTrue(() -> exists("h2 + #list + h3"));

    mark("#list");
    patch("value", "<li>only</li>", "selector", "#list", "mode", "inner");
    untilTrue(() -> texts("#list li").equals(List.of("only")));
    assertThat(marked("#list")).isTrue();

    patch("value", "<ol id=\"list\"><li>other</li></ol>", "selector", "#list", "mode", "replace");
    untilTrue(() -> texts("ol#list li").equals(List.of("other")));

    mark("#target");
    patch("value", "<p id=\"target\">replaced</p>", "mode", "replace");
    untilTrue(() -> text("#target").equals("replaced"));
    assertThat(marked("#target")).as("replaced, not morphed").isFalse();

    operate("do", "remove", "value", "ol li");
    untilTrue(() -> !exists("#list li"));
    operate("do", "removeById", "value", "target");
    untilTrue(() -> !exists("#target"));
  }

  /** The signals that came with each request for the page's stream. */
  private List<JsonObject> asked() {
    return strings("api/operations/" + page + "/asked").stream()
        .map(DatastarBrowserIT::read)
        .toList();
  }

  private static boolean isHidden() {
    return Boolean.TRUE.equals(browser.executeScript("return document.hidden"));
  }

  @Test
  void whatIsPatchedWhileTheTabIsHiddenIsThereWhenItIsShown() {
    browser.manage().window().minimize();
    untilTrue(DatastarBrowserIT::isHidden);
    patch("value", "<li>two</li>", "selector", "#list", "mode", "append");

    browser.manage().window().setSize(new Dimension(800, 600));
    untilTrue(() -> !isHidden());

    patch("value", "<li>three</li>", "selector", "#list", "mode", "append");
    untilTrue(() -> texts("#list li").equals(List.of("one", "two", "three")));
    assertThat(asked()).as("the stream, and that after the tab was hidden").hasSize(2);
  }

  @Test
  void aStreamThatComesBackSendsTheSignalsAsTheyAreThen() {
    element("#field").sendKeys("now");

    assertThat(Hostile.post(operations() + "/end", read("{}")).statusCode()).isEqualTo(204);

    untilTrue(() -> asked().size() == 2);
    assertThat(asked()).extracting(signals -> signals.getString("text")).containsExactly("", "now");
    patch("value", "<p id=\"target\">back</p>");
    untilTrue(() -> text("#target").equals("back"));
  }

  @Test
  void blankLinesAndIndentationArrive() {
    patch("value", "<pre id=\"target\">a\n\n  b\r\n\r\nc</pre>");

    untilTrue(() -> exists("pre#target"));
    assertThat(texts("#target")).containsExactly("a\n\n  b\n\nc");
  }

  @Test
  void svgAndMathArriveInTheirNamespaces() {
    patch("value", "<g id=\"g\"><rect width=\"5\" height=\"5\"/></g>", "namespace", "svg");
    patch("value", "<path d=\"M0 0\"/>", "selector", "#svg", "mode", "append", "namespace", "svg");
    patch("value", "<mn>2</mn>", "selector", "#math", "mode", "append", "namespace", "mathml");

    untilTrue(() -> exists("#math mn"));
    assertThat(
            browser.executeScript(
                "return ['#g rect', '#svg > path', '#math > mn']"
                    + ".map(e => document.querySelector(e).namespaceURI.split('/').pop())"))
        .isEqualTo(List.of("svg", "svg", "MathML"));
    assertThat(browser.executeScript("return document.querySelector('#g rect').getBBox().width"))
        .as("it is drawn")
        .isEqualTo(5L);
  }

  @Test
  void viewTransitionsRunWhereTheyAreAskedFor() {
    patch("value", "<p id=\"target\">one</p>");
    untilTrue(() -> text("#target").equals("one"));
    assertThat(browser.executeScript("return window.transitions")).isEqualTo(0L);

    operate(
        json("do", "patch", "value", "<p id=\"target\">two</p>").add("useViewTransition", true));
    untilTrue(() -> text("#target").equals("two"));
    assertThat(browser.executeScript("return window.transitions")).isEqualTo(1L);

    operate(
        json("do", "patch", "value", "<li>three</li>", "selector", "#list", "mode", "append")
            .add("useViewTransition", true)
            .add("viewTransitionSelector", "#list"));
    untilTrue(() -> texts("#list li").contains("three"));
    assertThat(browser.executeScript("return window.transitions")).isEqualTo(2L);
  }

  @Test
  void focusAndInputAreKeptThroughAMorph() {
    element("#field").sendKeys("half a sen");
    browser.executeScript("document.getElementById('field').setSelectionRange(2, 4)");

    patch(
        "value",
        "<form id=\"form\" class=\"x\"><label>New</label><input id=\"field\" data-bind=\"text\""
            + " class=\"y\"></form>");

    untilTrue(() -> exists("#form.x label + #field.y"));
    assertThat(focused()).isEqualTo(element("#field"));
    assertThat(value("#field")).isEqualTo("half a sen");
    assertThat(browser.executeScript("return document.getElementById('field').selectionStart"))
        .isEqualTo(2L);
    assertThat(signals().getString("text")).isEqualTo("half a sen");
  }

  @Tag(BrowserTest.BOTH_SERVERS)
  @Test
  void signalsAreMergedRemovedAndKept() {
    signals("{\"n\":5,\"user\":{\"age\":37},\"added\":{\"deep\":[1,true,\"x\"]}}", false);
    untilTrue(() -> text("#n").equals("5"));
    assertThat(signals().getJsonObject("user")).isEqualTo(read("{\"name\":\"Ada\",\"age\":37}"));
    assertThat(signals().getJsonObject("added")).isEqualTo(read("{\"deep\":[1,true,\"x\"]}"));

    signals("{\"n\":6,\"user\":{\"name\":\"Bob\",\"born\":1815}}", true);
    untilTrue(() -> signals().getJsonObject("user").containsKey("born"));
    assertThat(signals().getInt("n")).isEqualTo(5);
    assertThat(signals().getJsonObject("user").getString("name")).isEqualTo("Ada");

    operate("do", "removeSignals", "value", "user.name,added");
    untilTrue(() -> !signals().containsKey("added"));
    assertThat(signals().getJsonObject("user")).isEqualTo(read("{\"age\":37,\"born\":1815}"));
  }

  @Test
  void aScriptRunsOnceAndTakesItselfAway() {
    operate(
        "do",
        "script",
        "value",
        "// a comment\n\nwindow.ran = (window.ran ?? 0) + 1;\nwindow.text = `a\n\nb`;",
        "nonce",
        nonce);

    untilTrue(() -> Long.valueOf(1).equals(browser.executeScript("return window.ran")));
    untilTrue(() -> !exists("body > script"));
    assertThat(browser.executeScript("return window.text")).isEqualTo("a\n\nb");
    patch("value", "<p id=\"target\">later</p>");
    untilTrue(() -> text("#target").equals("later"));
    assertThat(browser.executeScript("return window.ran")).isEqualTo(1L);

    operate(json("do", "script", "value", "window.ran++", "nonce", nonce).add("autoRemove", false));
    untilTrue(() -> Long.valueOf(2).equals(browser.executeScript("return window.ran")));
    assertThat(exists("body > script")).isTrue();
  }

  @Test
  void aScriptWithoutThePagesNonceDoesNotRun() {
    operate("do", "script", "value", "window.ran = 1", "nonce", "another");
    patch("value", "<p id=\"target\">behind it</p>");

    untilTrue(() -> text("#target").equals("behind it"));
    assertThat(browser.executeScript("return window.ran")).isNull();
  }

  @Test
  void aRedirectGoes() {
    operate("do", "redirect", "value", "counter/?from=test#there", "nonce", nonce);

    untilTrue(() -> browser.getCurrentUrl().endsWith("/counter/?from=test#there"));
  }

  @Test
  void theUrlIsReplacedWithoutLoading() {
    mark("#target");

    operate("do", "replaceUrl", "value", "/operations.html?" + page + "&x='1'", "nonce", nonce);

    untilTrue(() -> browser.getCurrentUrl().contains("&x="));
    assertThat(marked("#target")).isTrue();
  }

  @Test
  void customEventsReachDocumentAndElements() {
    JsonObject detail = read("{\"a\":[1,\"</script>\"],\"__proto__\":{\"b\":2}}");
    operate(json("do", "event", "name", "greeting", "nonce", nonce).add("detail", detail));
    untilTrue(() -> seen().size() == 1);
    operate(
        json("do", "event", "name", "greeting", "nonce", nonce, "selector", "#target")
            .add("detail", 7));
    untilTrue(() -> seen().size() == 3);

    assertThat(seen())
        .extracting(event -> event.get(0))
        .containsExactly("document", "target", "document");
    assertThat(read((String) browser.executeScript("return JSON.stringify(window.seen[0][1])")))
        .isEqualTo(detail);
  }

  @Test
  void theConsoleGetsWhatIsWrittenToIt() {
    console();
    operate("do", "log", "value", "log 'it' \"now\"", "nonce", nonce);
    operate("do", "error", "value", "an error\nof two lines", "nonce", nonce);
    patch("value", "<p id=\"target\">written</p>");
    untilTrue(() -> text("#target").equals("written"));

    assertThat(console())
        .anyMatch(line -> line.contains("log 'it' \\\"now\\\""))
        .anyMatch(line -> line.contains("an error\\nof two lines"));
  }

  @Tag(BrowserTest.BOTH_SERVERS)
  @Test
  void aThousandPatchesInABurstArriveInOrder() {
    assertThat(Hostile.post(operations() + "/burst", read("{\"count\":1000}")).statusCode())
        .isEqualTo(204);

    untilTrue(() -> text("#n").equals("999"));
    untilTrue(() -> texts("#list li").size() == 1001);
    assertThat(texts("#list li"))
        .isEqualTo(
            Stream.concat(Stream.of("one"), IntStream.range(0, 1000).mapToObj(String::valueOf))
                .toList());
  }

  @Test
  void hostileTextIsShownAndNothingElse() {
    String title = browser.getTitle();
    for (String hostile : Hostile.TEXTS) {
      String name = hostile.length() > 60 ? hostile.substring(0, 60) : hostile;
      patch("value", "<p id=\"target\">waiting</p>");
      untilTrue(() -> text("#target").equals("waiting"));

      operate("do", "text", "value", hostile);
      untilTrue(() -> exists("#target > b"));
      assertThat(texts("#target > b")).as(name).containsExactly(Hostile.asShown(hostile));
      assertThat(element("#target").getDomAttribute("title"))
          .as(name)
          .isEqualTo(Hostile.asShown(hostile));
      untilTrue("shown: " + name, () -> !texts("#target > i").equals(List.of("")));
      assertThat(unbroken(texts("#target > i").get(0)))
          .as("in an expression: " + name)
          .isEqualTo(unbroken(hostile));
      assertThat(unbroken(signals().getString("attribute")))
          .as("in data-signals: " + name)
          .isEqualTo(unbroken(hostile));
      assertThat(exists("#target script, #target img, #target svg")).as(name).isFalse();
    }
    assertNothingBrokeOut(title);
  }

  @Test
  void hostileValuesOfSignalsAndScriptsStayValues() {
    String title = browser.getTitle();
    for (String hostile : Hostile.TEXTS) {
      String name = hostile.length() > 60 ? hostile.substring(0, 60) : hostile;

      operate("do", "signal", "value", hostile);
      untilTrue(
          "a signal: " + name,
          () -> unbroken(signals().getString("held", "")).equals(unbroken(hostile)));

      browser.executeScript("delete window.got");
      operate("do", "literal", "value", hostile, "nonce", nonce);
      untilTrue(
          "a literal: " + name,
          () -> Boolean.TRUE.equals(browser.executeScript("return window.got !== undefined")));
      assertThat(unbroken((String) browser.executeScript("return window.got.toWellFormed()")))
          .as(name)
          .isEqualTo(unbroken(hostile));

      browser.executeScript("window.seen = []");
      operate("do", "log", "value", hostile, "nonce", nonce);
      operate(
          json("do", "event", "name", "greeting", "nonce", nonce)
              .add("detail", Json.createObjectBuilder().add(hostile, hostile)));
      untilTrue(
          "an event: " + name, () -> browser.executeScript("return window.seen.length").equals(1L));
    }
    assertNothingBrokeOut(title);
  }

  @Test
  void hostileNamesSelectorsAndTargetsAreRefusedOrInert() {
    String title = browser.getTitle();
    for (String hostile : Hostile.TEXTS) {
      for (JsonObjectBuilder operation :
          List.of(
              json("do", "patch", "value", "<p>x</p>", "mode", "inner", "selector", hostile),
              json("do", "patch", "value", "x", "mode", hostile, "selector", "#target"),
              json("do", "patch", "value", "<g/>", "namespace", hostile, "selector", "#g"),
              json("do", "remove", "value", hostile),
              json("do", "removeById", "value", hostile),
              json("do", "removeSignals", "value", hostile),
              json("do", "script", "value", "window.fine = 1", "nonce", hostile),
              json("do", "event", "name", hostile, "nonce", nonce),
              json("do", "event", "name", "greeting", "nonce", nonce, "selector", hostile))) {
        JsonObject built = operation.build();
        int status = Hostile.post(operations(), built).statusCode();
        assertThat(status).as(built.getString("do") + " " + hostile).isIn(204, 400);
      }
    }
    patch("value", "<p id=\"target\">still here</p>");
    untilTrue(() -> text("#target").equals("still here"));
    assertNothingBrokeOut(title);
  }

  @Test
  void targetsThatAreNoPagesAreRefused() {
    for (String target :
        List.of(
            "javascript:window.owned=1",
            " javascript:window.owned=1",
            "java\nscript:window.owned=1",
            "JaVaScRiPt:window.owned=1",
            "data:text/html,<script>window.owned=1</script>",
            "vbscript:x",
            "//evil.example/",
            "/\\evil.example/",
            "http:///evil",
            "")) {
      for (String operation : List.of("redirect", "replaceUrl", "action")) {
        HttpResponse<String> answer =
            Hostile.post(operations(), json("do", operation, "value", target).build());
        assertThat(answer.statusCode()).as(operation + " " + target).isEqualTo(400);
        assertThat(answer.body()).as(operation + " " + target).contains(": ");
      }
    }
  }

  @Test
  void aLineOfAMegabyteIsRefusedWithAClearError() {
    String line = "x".repeat(1_000_000);
    for (String operation : List.of("signal", "text", "log")) {
      JsonObject megabyte = json("do", operation, "value", line, "nonce", nonce).build();

      HttpResponse<String> answer = Hostile.post(operations(), megabyte);

      assertThat(answer.statusCode()).as(operation).isEqualTo(400);
      assertThat(answer.body()).as(operation).contains("message");
    }
    patch("value", "<p id=\"target\">still here</p>");
    untilTrue(() -> text("#target").equals("still here"));
  }

  private void assertNothingBrokeOut(String title) {
    assertThat(browser.executeScript("return window.owned")).isNull();
    assertThat(browser.getTitle()).isEqualTo(title);
    assertThat(exists("img, iframe, object")).isFalse();
    assertThat(text("#n")).as("the page still works").isEqualTo("-1");
  }

  /** Line breaks may be made alike on their way; nothing else may. */
  private static String unbroken(String text) {
    return Hostile.wellFormed(text)
        .replace("\r\n", "\n")
        .replace('\r', '\n')
        .replace('\u0000', '\ufffd');
  }

  private String operations() {
    return base + "api/operations/" + page;
  }

  private void patch(String... members) {
    operate(json(members).add("do", "patch"));
  }

  private void signals(String signals, boolean onlyIfMissing) {
    operate(
        json("do", "signals").add("signals", read(signals)).add("onlyIfMissing", onlyIfMissing));
  }

  private void operate(String... members) {
    operate(json(members));
  }

  private void operate(JsonObjectBuilder operation) {
    HttpResponse<String> answer = Hostile.post(operations(), operation.build());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(204);
  }

  private static JsonObjectBuilder json(String... members) {
    JsonObjectBuilder json = Json.createObjectBuilder();
    for (int i = 0; i < members.length; i += 2) {
      json.add(members[i], members[i + 1]);
    }
    return json;
  }

  private static JsonObject read(String json) {
    try (var reader = Json.createReader(new StringReader(json))) {
      return reader.readObject();
    }
  }

  private JsonObject signals() {
    return read(texts("#signals").get(0));
  }

  @SuppressWarnings("unchecked")
  private List<List<Object>> seen() {
    return (List<List<Object>>) browser.executeScript("return window.seen");
  }

  private void mark(String selector) {
    browser.executeScript("document.querySelector(arguments[0]).marked = true", selector);
  }

  private boolean marked(String selector) {
    return Boolean.TRUE.equals(
        browser.executeScript("return document.querySelector(arguments[0]).marked", selector));
  }
}
