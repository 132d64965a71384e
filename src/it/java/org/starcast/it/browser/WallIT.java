package org.starcast.it.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.openqa.selenium.Keys;

/** The demo's one page five times, of one model and one event. */
@ArquillianTest
@RunAsClient
@Tag(BrowserTest.BOTH_SERVERS)
class WallIT extends BrowserTest {

  private static final String DATASTAR = "datastar.html";
  private static final List<String> PAGES =
      List.of("plain.html", "htmx4.html", "htmx2.html", DATASTAR, "faces.xhtml");

  @Deployment(testable = false)
  static WebArchive demo() {
    return demoWar();
  }

  @ParameterizedTest
  @FieldSource("PAGES")
  void whatIsPostedInOnePageShowsInAll(String page) throws IOException {
    if (page.equals(DATASTAR)) {
      assumeDatastar();
    }
    console();
    Map<String, String> windows = new LinkedHashMap<>();
    for (String one : PAGES) {
      if (!one.equals(DATASTAR) || hasDatastar()) {
        windows.put(one, openStream("wall/" + one));
      }
    }
    String first = unique("<b>first</b> & ");
    String second = unique("second");

    show(windows.get(page));
    post(first);
    post(second);

    for (String window : windows.values()) {
      show(window);
      untilTrue(() -> newest(2).equals(List.of(second, first)));
      assertThat(exists("#notes b")).isFalse();
    }
    // a browser has six connections to a server, and each stream takes one
    closeWindows();
    openStream("wall/" + page);
    untilTrue(() -> newest(2).equals(List.of(second, first)));
    assertThat(console()).isEmpty();
    assertCodeShown("wall");
    screenshots("wall-" + page.replaceFirst("\\..*", ""));
  }

  private void post(String text) {
    element("#text").sendKeys(text, Keys.ENTER);
    untilTrue(() -> newest(1).equals(List.of(text)) && value("#text").isEmpty());
  }

  private List<String> newest(int most) {
    return texts("#notes li").stream().limit(most).toList();
  }
}
