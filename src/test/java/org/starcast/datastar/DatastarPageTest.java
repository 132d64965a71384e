package org.starcast.datastar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Base64;
import java.util.List;
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
                + "/bundles/datastar.js\" integrity=\"sha256-cnhErfyCXuZR+5PFRKKnOZhvmiGCCpRSSzXwysRw"
                + "z5E=\" crossorigin=\"anonymous\" nonce=\"n0/+=\"></script>");
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

  @Test
  void hashesAreAsLongAsTheirAlgorithmMakesThem() {
    for (int bytes : new int[] {32, 48, 64}) {
      String hash = "sha" + bytes * 8 + "-" + Base64.getEncoder().encodeToString(new byte[bytes]);
      assertThat(DatastarPage.cdn("1.0.2", hash).script()).contains("@v1.0.2/").contains(hash);
      assertThat(DatastarPage.selfHosted("/d.js").integrity(hash).script()).contains(hash);
      for (String wrong : List.of(hash + "A", hash.replace("A", ""), hash.replace('-', ' '))) {
        assertThatThrownBy(() -> DatastarPage.cdn("1.0.2", wrong))
            .hasMessageStartingWith("integrity: must be");
      }
      String other = hash.replaceFirst("sha[0-9]+", bytes == 32 ? "sha384" : "sha256");
      assertThatThrownBy(() -> DatastarPage.cdn().integrity(other))
          .hasMessageStartingWith("integrity: must be");
    }
  }

  @Test
  void theHashOfThePinnedVersionIsNoOthers() {
    String script = DatastarPage.cdn().script();
    String hash = script.replaceAll(".* integrity=\"([^\"]+)\".*", "$1");
    assertThat(DatastarPage.cdn(DatastarPage.VERSION, hash).script()).isEqualTo(script);
    assertThatThrownBy(() -> DatastarPage.cdn("1.0.2", hash))
        .hasMessage("integrity: is that of version " + DatastarPage.VERSION);
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
