package org.starcast.htmx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starcast.htmx.OobSwap.SwapMode;

class SseElementTest {

  @Test
  void elementConnectsSwapsAndCloses() {
    SseElement element =
        SseElement.connect(HtmxVersion.V2, "/stream?topic=a.*&x='")
            .id("feed")
            .swap("chat", "message")
            .closeOn("done")
            .swapMode(SwapMode.BEFORE_END)
            .hidden()
            .attribute("aria-live", "polite");
    assertThat(element.html("<p></p>"))
        .isEqualTo(
            "<div hx-ext=\"sse\" sse-connect=\"/stream?topic=a.*&amp;x=&#39;\""
                + " sse-swap=\"chat,message\" id=\"feed\" sse-close=\"done\" hx-swap=\"beforeend\" hidden"
                + " aria-live=\"polite\"><p></p></div>");
    assertThat(element.toMap()).containsEntry("sse-connect", "/stream?topic=a.*&x='");
    assertThat(SseElement.inner().swap("a").oobOnly())
        .hasToString("<div sse-swap=\"a\" hx-swap=\"none\"></div>");
  }

  @Test
  void elementOfHtmx4SwapsWhatHasNoName() {
    SseElement element = SseElement.connect("/stream").closeOn("done").oobOnly();
    assertThat(element)
        .hasToString(
            "<div hx-sse:connect=\"/stream\" hx-sse:close=\"done\" hx-swap=\"none\"></div>");
    assertThat(SseElement.connect(HtmxVersion.V2, "/stream"))
        .hasToString("<div hx-ext=\"sse\" sse-connect=\"/stream\" sse-swap=\"message\"></div>");
    assertThatThrownBy(() -> element.swap("chat"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("htmx 4");
  }

  @ParameterizedTest
  @ValueSource(strings = {"javascript:x", "//evil", "/\\evil", "a b", "data:x", "http:x", "", "\n"})
  void urlsThatAreNoStreamsAreRefused(String url) {
    assertThatThrownBy(() -> SseElement.connect(url)).hasMessageStartingWith("url: ");
  }

  @Test
  void malformedNamesAreRefused() {
    SseElement element = SseElement.connect(HtmxVersion.V2, "/a");
    assertThatThrownBy(() -> element.swap("a,b")).hasMessageStartingWith("event: ");
    assertThatThrownBy(element::swap).hasMessageStartingWith("events: ");
    assertThatThrownBy(() -> element.closeOn("")).hasMessageStartingWith("event: ");
    assertThatThrownBy(() -> element.attribute("a b", "x")).hasMessageStartingWith("attribute: ");
    assertThatThrownBy(() -> element.attribute("a", "\n")).hasMessageStartingWith("value: ");
  }
}
