package org.starcast.it.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.starcast.demo.answer.FakeModel;
import org.starcast.demo.answer.Markdown;

/** The demo's answer of a language model, as JSON, for Datastar and for htmx. */
@ArquillianTest
@RunAsClient
@Tag(BrowserTest.BOTH_SERVERS)
class AnswerIT extends BrowserTest {

  private static final String PLAIN = "plain";
  private static final String DATASTAR = "datastar";
  private static final List<String> PAGES = List.of(PLAIN, DATASTAR, "htmx");

  private String page;

  @Deployment(testable = false)
  static WebArchive demo() {
    return demoWar();
  }

  /** Opens a page and asks; returns the window, whose address then names the answer. */
  private String ask(String page, String question) {
    if (page.equals(DATASTAR)) {
      assumeDatastar();
    }
    this.page = page;
    console();
    String window = open("answer/" + page + ".html");
    untilTrue(() -> status().equals("Nothing asked yet"));
    type("#question", question);
    element("form button:not([type])").click();
    untilTrue(() -> said().length() > 60);
    return window;
  }

  /** Opens what the present window shows in another one, too. */
  private String openAgain() {
    return open(browser.getCurrentUrl().substring(base.toString().length()));
  }

  private static String said() {
    return (String) browser.executeScript("return document.querySelector('#answer').textContent");
  }

  private String status() {
    return text("#status");
  }

  private void untilStatus(String text) {
    untilTrue("status: " + text, () -> status().equals(text));
  }

  /** What the page has when it has got all of the answer. */
  private Object expected(String question) {
    String answer = FakeModel.answer(question);
    return page.equals(PLAIN)
        ? answer
        : browser.executeScript(
            "const it = document.createElement('div'); it.innerHTML = arguments[0];"
                + " return it.innerHTML",
            Markdown.html(answer).asString());
  }

  private Object shown() {
    return page.equals(PLAIN)
        ? said()
        : browser.executeScript("return document.querySelector('#answer').innerHTML");
  }

  @ParameterizedTest
  @FieldSource("PAGES")
  void aReloadInTheMiddleAndASecondWindowShowAllOfTheAnswer(String page) throws IOException {
    String question = "<img src=x onerror=alert(1)> & <b>why</b>?";
    String window = ask(page, question);
    String other = openAgain();
    untilTrue(() -> said().length() > 60);

    show(window);
    int before = said().length();
    assertThat(before).isLessThan(FakeModel.answer(question).length() / 2);
    browser.navigate().refresh();
    untilTrue(() -> said().length() > before);

    for (String one : List.of(window, other)) {
      show(one);
      untilStatus("Complete");
      assertThat(shown()).isEqualTo(expected(question));
      assertThat(exists("#answer img, #answer b")).isFalse();
    }
    // who comes when it is over gets it, too
    openAgain();
    untilStatus("Complete");
    assertThat(shown()).isEqualTo(expected(question));
    assertThat(console()).isEmpty();
    assertCodeShown("answer");
    screenshots("answer-" + page);
  }

  @ParameterizedTest
  @FieldSource("PAGES")
  void stopEndsItInAllWindows(String page) throws IOException {
    String window = ask(page, "Why stop?");
    openAgain();
    untilTrue(() -> said().length() > 60);

    element("form button[type=button]").click();

    untilStatus("Stopped");
    Object shown = shown();
    assertThat(said().length()).isLessThan(FakeModel.answer("Why stop?").length() - 100);
    show(window);
    untilStatus("Stopped");
    assertThat(shown()).isEqualTo(shown);
    browser.navigate().refresh();
    untilStatus("Stopped");
    untilTrue(() -> shown().equals(shown));
    assertThat(console()).isEmpty();
    screenshots("answer-" + page + "-stopped");
  }

  @ParameterizedTest
  @FieldSource("PAGES")
  void aFailureIsShownInAllWindows(String page) throws IOException {
    ask(page, "Fail, please");
    untilStatus("The model failed");
    Object shown = shown();
    assertThat(said()).contains("Fail, please").doesNotContain("Try it");

    openAgain();
    untilStatus("The model failed");
    untilTrue(() -> shown().equals(shown));
    assertThat(console()).isEmpty();
    screenshots("answer-" + page + "-failed");
  }
}
