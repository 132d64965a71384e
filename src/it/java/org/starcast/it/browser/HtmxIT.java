package org.starcast.it.browser;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.openqa.selenium.Keys;
import org.starcast.htmx.HtmxVersion;
import org.starcast.it.app.OperationsResource;

/** htmx 4 and 2 in chromium: the demo's chat, and swaps. */
@ArquillianTest
@RunAsClient
class HtmxIT extends BrowserTest {

  private static final String STREAM = "api/operations/{{nonce}}/stream";

  @Deployment(testable = false)
  static WebArchive demo() {
    return demoWar()
        .addClasses(
            OperationsResource.class, OperationsResource.Burst.class, OperationsResource.Swap.class)
        .addAsWebResource(
            swaps("hx-ext=\"sse\" sse-connect=\"" + STREAM + "\" sse-swap=\"message\""), "V2.html")
        .addAsWebResource(swaps("hx-sse:connect=\"" + STREAM + "\""), "V4.html");
  }

  /** The page whose element connects by these attributes. */
  private static StringAsset swaps(String attributes) {
    try {
      String page = Files.readString(Path.of("src/it/webapp/swaps.html"));
      return new StringAsset(page.replace(" connects ", " " + attributes + " "));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @EnumSource
  void theChatIsHeardInTheSameRoomOnly(HtmxVersion htmx) {
    String here = openStream("htmx/?htmx=" + htmx);
    String there = openStream("htmx/?htmx=" + htmx);
    String elsewhere = openStream("htmx/?htmx=" + htmx);
    element("#room").sendKeys("garden");
    untilTrue(() -> text("#room-name").equals("garden"));
    untilConnected();
    String text = unique("<b>hello</b> & ");

    show(here);
    say("Ada <i>", text);

    for (String window : List.of(here, there)) {
      show(window);
      untilTrue(() -> lines().contains(text));
      assertThat(text("#last")).isEqualTo("Ada <i>");
      assertThat(exists("#log b, #last i")).isFalse();
    }
    show(elsewhere);
    say("Bob", "green");
    untilTrue(() -> !lines().isEmpty());
    assertThat(lines()).containsExactly("green");
    assertPolicyKept();
  }

  @ParameterizedTest
  @EnumSource
  void theChatWorksByKeyboardAlone(HtmxVersion htmx) {
    openStream("htmx/?htmx=" + htmx);
    String first = unique("one");
    String second = unique("two");

    tabTo("name");
    press("Ada");
    tabTo("text");
    press(first, Keys.ENTER);
    untilTrue(() -> lines().contains(first) && value("#text").isEmpty());
    untilTrue(() -> focused().equals(element("#text")));
    press(second, Keys.ENTER);

    untilTrue(() -> lines().contains(second));
  }

  @ParameterizedTest
  @EnumSource
  void everyOutOfBandSwapChangesThePageAsItSays(HtmxVersion htmx) {
    openSwaps(htmx);

    swap("target", "INNER_HTML", "<b>new</b>");
    untilTrue(() -> html("#target").equals("<b>new</b>"));
    swap("list", "BEFORE_END", "<li>two</li>");
    untilTrue(() -> texts("#list li").equals(List.of("one", "two")));
    swap("list", "AFTER_BEGIN", "<li>zero</li>");
    untilTrue(() -> texts("#list li").equals(List.of("zero", "one", "two")));
    swap("list", "BEFORE_BEGIN", "<h2>Before</h2>");
    untilTrue(() -> exists("h2 + #list"));
    swap("list", "AFTER_END", "<h3>After</h3>");
    untilTrue(() -> exists("#list + h3"));
    swap("gone", "DELETE", "");
    untilTrue(() -> !exists("#gone"));
    swap("target", "OUTER_HTML", "<section>other</section>");
    untilTrue(() -> exists("section#target"));
  }

  @ParameterizedTest
  @EnumSource
  void anOutOfBandSwapElsewhereKeepsFocusAndInput(HtmxVersion htmx) {
    openSwaps(htmx);
    element("#field").sendKeys("half a sen");

    swap("target", "INNER_HTML", "swapped");
    untilTrue(() -> text("#target").equals("swapped"));

    assertThat(focused()).isEqualTo(element("#field"));
    assertThat(value("#field")).isEqualTo("half a sen");
  }

  @ParameterizedTest
  @EnumSource
  void aThousandSwapsArriveInOrder(HtmxVersion htmx) {
    openSwaps(htmx);

    Hostile.post(
        operations() + "/swap/burst", Json.createObjectBuilder().add("count", 1000).build());

    untilTrue(() -> texts("#list li").size() == 1001);
    assertThat(texts("#list li"))
        .isEqualTo(
            Stream.concat(Stream.of("one"), IntStream.range(0, 1000).mapToObj(String::valueOf))
                .toList());
  }

  @ParameterizedTest
  @EnumSource
  void hostileTextIsInertInASwap(HtmxVersion htmx) {
    openSwaps(htmx);
    String title = browser.getTitle();

    for (String hostile : Hostile.TEXTS) {
      browser.executeScript("document.getElementById('target').textContent = 'waiting'");
      assertThat(swap("target", "INNER_HTML", null, hostile)).isEqualTo(204);
      untilTrue(() -> !text("#target").equals("waiting"));
      assertThat(texts("#target")).containsExactly(Hostile.asShown(hostile));
      assertThat(exists("#target *")).as(hostile).isFalse();
    }
    assertThat(browser.executeScript("return window.owned")).isNull();
    assertThat(browser.getTitle()).isEqualTo(title);
  }

  private void openSwaps(HtmxVersion htmx) {
    openStream(htmx + ".html?htmx=" + htmx);
  }

  private String operations() {
    String url = element("#source").getDomAttribute("sse-connect");
    return base
        + (url == null ? element("#source").getDomAttribute("hx-sse:connect") : url)
            .replaceFirst("/stream$", "");
  }

  private void swap(String target, String mode, String markup) {
    assertThat(swap(target, mode, markup, null)).isEqualTo(204);
  }

  private long swap(String target, String mode, String markup, String text) {
    return Hostile.post(
            operations() + "/swap",
            Json.createObjectBuilder()
                .add("target", target)
                .add("mode", mode)
                .add(markup == null ? "text" : "markup", markup == null ? text : markup)
                .build())
        .statusCode();
  }

  private String html(String selector) {
    return element(selector).getDomProperty("innerHTML");
  }

  private List<String> lines() {
    return texts("#log .text");
  }

  private void say(String name, String text) {
    type("#name", name);
    type("#text", text);
    press(Keys.ENTER);
    untilTrue(() -> lines().contains(text) && value("#text").isEmpty());
  }
}
