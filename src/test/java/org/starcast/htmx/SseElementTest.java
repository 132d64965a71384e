package org.starcast.htmx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starcast.htmx.OobSwap.SwapMode;

class SseElementTest {

  @Test
  void elementConnectsSwapsAndCloses() {
    SseElement element =
        SseElement.connect("/stream?topic=a.*&x='")
            .id("feed")
            .swap("chat", "message")
            .closeOn("done")
            .swapMode(SwapMode.BEFORE_END)
            .hidden()
            .attribute("aria-live", "polite");
    assertThat(element.html("<p></p>"))
        .isEqualTo(
            "<div hx-ext=\"sse\" sse-connect=\"/stream?topic=a.*&amp;x=&#39;\" id=\"feed\""
                + " sse-swap=\"chat,message\" sse-close=\"done\" hx-swap=\"beforeend\" hidden"
                + " aria-live=\"polite\"><p></p></div>");
    assertThat(element.toMap()).containsEntry("sse-connect", "/stream?topic=a.*&x='");
    assertThat(SseElement.inner().swap("a").oobOnly())
        .hasToString("<div sse-swap=\"a\" hx-swap=\"none\"></div>");
  }

  @ParameterizedTest
  @ValueSource(strings = {"javascript:x", "//evil", "/\\evil", "a b", "data:x", "http:x", "", "\n"})
  void urlsThatAreNoStreamsAreRefused(String url) {
    assertThatThrownBy(() -> SseElement.connect(url)).hasMessageStartingWith("url: ");
  }

  @Test
  void malformedNamesAreRefused() {
    SseElement element = SseElement.connect("/a");
    assertThatThrownBy(() -> element.swap("a,b")).hasMessageStartingWith("event: ");
    assertThatThrownBy(element::swap).hasMessageStartingWith("events: ");
    assertThatThrownBy(() -> element.closeOn("")).hasMessageStartingWith("event: ");
    assertThatThrownBy(() -> element.attribute("a b", "x")).hasMessageStartingWith("attribute: ");
    assertThatThrownBy(() -> element.attribute("a", "\n")).hasMessageStartingWith("value: ");
  }

  @Test
  void scriptHasItsWaitsAndNonce() {
    SseConnections connections = SseConnections.defaults();
    assertThat(connections.script())
        .startsWith("<script>\n")
        .endsWith("</script>")
        .contains("Math.min(30000, 1000 * 2 ** this.failures++)");
    assertThat(
            connections.waits(Duration.ofMillis(200), Duration.ofMinutes(1)).nonce("abc").script())
        .startsWith("<script nonce=\"abc\">\n")
        .contains("Math.min(60000, 200 * 2 **");
    assertThatThrownBy(() -> connections.nonce("\"")).hasMessageStartingWith("nonce: ");
    assertThatThrownBy(() -> connections.waits(Duration.ZERO, Duration.ofSeconds(1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> connections.waits(Duration.ofSeconds(2), Duration.ofSeconds(1)))
        .hasMessageStartingWith("first: ");
    assertThat(SseConnections.status("<x>"))
        .isEqualTo("<output data-sse-status=\"connecting\">&lt;x&gt;</output>");
  }
}
