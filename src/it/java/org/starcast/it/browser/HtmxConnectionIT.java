package org.starcast.it.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.EmptyAsset;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.openqa.selenium.JavascriptExecutor;
import org.starcast.htmx.HtmxVersion;
import org.starcast.htmx.OobSwap.SwapMode;
import org.starcast.htmx.SseElement;

/** What htmx 4 and 2 make of their server by the transport of starcast.js, in chromium. */
@ArquillianTest
@RunAsClient
class HtmxConnectionIT extends BrowserTest {

  /** Long enough for several reconnections, when what is to be shown is that there is none. */
  private static final Duration LONG_ENOUGH = Duration.ofSeconds(1);

  private static final File PAGES = new File("src/it/webapp/htmx");
  private static final File NPM = new File("target/npm");

  /** A server that does as it is told. */
  private StubServer stub;

  @Deployment(testable = false)
  static WebArchive war() {
    return ShrinkWrap.create(WebArchive.class, "htmx.war")
        .addAsLibrary(new File(System.getProperty("starcast.jar")))
        .addAsWebInfResource(EmptyAsset.INSTANCE, "beans.xml")
        .addAsWebResource(page("htmx2.js", "sse2.js"), "V2.html")
        .addAsWebResource(page("htmx4.js", "hx-sse4.js"), "V4.html")
        .addAsWebResource(new File(PAGES, "state.html"), "state.html")
        .addAsWebResource(new File(NPM, "htmx2/package/dist/htmx.js"), "htmx2.js")
        .addAsWebResource(new File(NPM, "htmx2-sse/package/dist/sse.js"), "sse2.js")
        .addAsWebResource(new File(NPM, "htmx4/package/dist/htmx.js"), "htmx4.js")
        .addAsWebResource(new File(NPM, "htmx4/package/dist/ext/hx-sse.js"), "hx-sse4.js");
  }

  private static StringAsset page(String... scripts) {
    String tags =
        Stream.of(scripts)
            .map(script -> "<script src=\"" + script + "\"></script>")
            .collect(Collectors.joining("\n"));
    try {
      String page = Files.readString(PAGES.toPath().resolve("page.html"));
      return new StringAsset(page.replace("<!-- scripts -->", tags));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @BeforeEach
  void startStub() throws IOException {
    stub = new StubServer();
  }

  @Override
  @AfterEach
  void closeWindows() {
    assertPolicyKept();
    stub.close();
    super.closeWindows();
  }

  @ParameterizedTest
  @EnumSource
  void aConnectionGoesOnFromWhereItBroke(HtmxVersion htmx) {
    connect(htmx);
    stub.answer(
        exchange -> stub.begin(exchange).write("retry: 10\nid: e-1\ndata: <li>a</li>\n\n").end());
    stub.answer(exchange -> stub.stream(exchange).write("id: e-2\ndata: <li>b</li>\n\n").hold());

    untilShown("a", "b");
    assertThat(stub.asked).containsExactly("", "e-1");
    untilState("open");
  }

  @ParameterizedTest
  @EnumSource
  void aServerThatIsAwayIsAskedAgainWhenItSays(HtmxVersion htmx) {
    connect(htmx);
    for (int i = 0; i < 2; i++) {
      stub.answer(
          exchange -> {
            exchange.getResponseHeaders().set("Retry-After", "1");
            StubServer.status(exchange, 503);
          });
    }
    stub.answer(exchange -> stub.stream(exchange).write("id: e-1\ndata: <li>a</li>\n\n").hold());

    untilShown("a");
    assertThat(stub.wait(1)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
    assertThat(stub.wait(2)).isGreaterThanOrEqualTo(Duration.ofSeconds(1));
  }

  @ParameterizedTest
  @EnumSource
  void aConnectionEndsWhenTheServerEndsItForGood(HtmxVersion htmx) {
    connect(htmx);
    stub.answer(
        exchange -> stub.begin(exchange).write("retry: 10\nid: e-1\ndata: <li>a</li>\n\n").end());
    stub.answer(exchange -> StubServer.status(exchange, 204));

    untilState("closed");
    await().during(LONG_ENOUGH).atMost(PATIENCE).until(() -> stub.asked.size() == 2);
    assertThat(stub.asked).containsExactly("", "e-1");
    assertThat(texts("#list li")).containsExactly("one", "a");
  }

  @ParameterizedTest
  @EnumSource
  void aConnectionThatIsRefusedIsNotAskedForAgain(HtmxVersion htmx) {
    connect(htmx);
    stub.answer(exchange -> StubServer.status(exchange, 403));

    untilState("failed");
    await().during(LONG_ENOUGH).atMost(PATIENCE).until(() -> stub.asked.size() == 1);
    assertThat(texts("#list li")).containsExactly("one");
  }

  @ParameterizedTest
  @EnumSource
  void theStateIsReadAnewAfterAGap(HtmxVersion htmx) {
    connect(htmx);
    stub.answer(
        exchange ->
            stub.stream(exchange)
                .write("id: e-7\nevent: starcast-gap\ndata: {\"missed\":3}\n\n")
                .write("id: e-8\ndata: <li>a</li>\n\n")
                .hold());

    untilShown("a");
    untilTrue(() -> text("#state").equals("read anew"));
  }

  @ParameterizedTest
  @EnumSource
  void anEventThatEndsItIsObeyed(HtmxVersion htmx) {
    connect(htmx);
    stub.answer(
        exchange ->
            stub.stream(exchange)
                .write("id: e-1\ndata: <li>a</li>\n\n")
                .write("event: done\ndata: x\n\n")
                .hold());

    untilState("closed");
    await().during(LONG_ENOUGH).atMost(PATIENCE).until(() -> stub.asked.size() == 1);
    assertThat(texts("#list li")).containsExactly("one", "a");
  }

  @ParameterizedTest
  @EnumSource
  void anElementThatIsReplacedClosesItsConnection(HtmxVersion htmx) {
    connect(htmx);
    stub.answer(exchange -> stub.stream(exchange).write("id: e-1\ndata: <li>a</li>\n\n").hold());
    untilShown("a");

    element("#replace").click();
    untilTrue(() -> !exists("#made"));

    stub.answer(exchange -> stub.stream(exchange).hold());
    untilTrue(() -> stub.last().isBroken());
    assertThat(stub.asked).hasSize(1);
  }

  /** Connects an element to the stub, which appends what it hears to the list. */
  private void connect(HtmxVersion htmx) {
    open(htmx + ".html");
    untilTrue(() -> exists("starcast-status[state]"));
    script(
        "document.querySelector('#stream').innerHTML = arguments[0];"
            + "htmx.process(document.querySelector('#stream'));",
        SseElement.connect(htmx, stub.url())
            .id("made")
            .closeOn("done")
            .swapMode(SwapMode.BEFORE_END)
            .attribute("hx-target", "#list")
            .html(
                "<p id='state' hx-get='state.html' hx-target='this' hx-swap='innerHTML' hx-trigger='"
                    + (htmx == HtmxVersion.V4 ? "starcast-gap from:#made" : "sse:starcast-gap")
                    + "'></p>"));
  }

  private void untilShown(String... texts) {
    List<String> all = Stream.concat(Stream.of("one"), Stream.of(texts)).toList();
    untilTrue(() -> texts("#list li").equals(all));
  }

  private void untilState(String state) {
    untilTrue(() -> exists("starcast-status[state='" + state + "']"));
  }

  private static Object script(String script, Object... arguments) {
    return ((JavascriptExecutor) browser).executeScript(script, arguments);
  }
}
