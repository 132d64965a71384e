package org.starcast.datastar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatastarPageTest {

  @Test
  void scriptOfTheCdnIsPinned() {
    assertThat(DatastarPage.cdn().nonce("n0/+=").script())
        .isEqualTo(
            "<script type=\"module\" src=\"https://cdn.jsdelivr.net/gh/starfederation/datastar@v"
                + DatastarPage.VERSION
                + "/bundles/datastar.js\" integrity=\"sha384-SnyFlWTdFL3c8+9/1WsPuMFBq6AQOGC1LmS9up"
                + "Y4YkM3En3wZr5q2UvydHaMgOVG\" crossorigin=\"anonymous\" nonce=\"n0/+=\"></script>");
  }

  @Test
  void scriptCanBeTheApplicationsOwn() {
    assertThat(DatastarPage.selfHosted("/js/datastar.js?v=1&x='\"").script())
        .isEqualTo(
            "<script type=\"module\" src=\"/js/datastar.js?v=1&amp;x=&#39;&quot;\"></script>");
  }

  @Test
  void streamOpensOnLoadAndComesBack() {
    assertThat(DatastarPage.cdn().stream("/api/stream?topic=a.*"))
        .isEqualTo(
            "<div hidden data-init=\"@get(&#39;/api/stream?topic=a.*&#39;, {retry:"
                + " &#39;always&#39;, retryMaxCount: Infinity})\"></div>");
    assertThat(DatastarPage.cdn().stream("/s", "e-7 &")).contains("/s?lastEventId=e-7+%26&#39;");
    assertThat(DatastarPage.cdn().stream("/s?a=b#c", "e-7"))
        .contains("/s?a=b&amp;lastEventId=e-7&#39;");
  }

  @Test
  void cspBuildFindsItsNonce() {
    assertThat(DatastarPage.cdn().htmlAttributes()).isEmpty();
    assertThat(DatastarPage.cdn().nonce("abc").htmlAttributes()).isEqualTo(" data-nonce=\"abc\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a\"b", "a b", "a\n", "'><x", "ü"})
  void malformedNoncesVersionsAndHashesAreRefused(String text) {
    DatastarPage page = DatastarPage.cdn();
    assertThatThrownBy(() -> page.nonce(text)).hasMessageStartingWith("nonce: ");
    assertThatThrownBy(() -> page.integrity(text)).hasMessageStartingWith("integrity: ");
    assertThatThrownBy(() -> DatastarPage.cdn(text, "x")).hasMessageStartingWith("version: ");
    assertThatThrownBy(() -> page.stream("/a", "\n")).hasMessageStartingWith("lastEventId: ");
  }
}
