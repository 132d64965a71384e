package org.starcast.htmx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.starcast.SseMessage;
import org.starcast.datastar.Html;
import org.starcast.htmx.OobSwap.SwapMode;

class OobSwapTest {

  private static final OobSwap NONE = OobSwap.none();

  @Test
  void contentIsWrapped() {
    assertThat(NONE.add("count", "<b>3</b>").build())
        .isEqualTo("<div id=\"count\" hx-swap-oob=\"innerHTML\"><b>3</b></div>");
    assertThat(NONE.wrapIn("tbody").add("rows", SwapMode.BEFORE_END, "<tr></tr>").build())
        .isEqualTo("<tbody id=\"rows\" hx-swap-oob=\"beforeend\"><tr></tr></tbody>");
    assertThat(NONE.remove("old").build())
        .isEqualTo("<div id=\"old\" hx-swap-oob=\"delete\"></div>");
  }

  @Test
  void partialsGoToWhatASelectorFinds() {
    assertThat(NONE.addPartial("[data-x=\"1\"] > li", SwapMode.BEFORE_END, "<b>3</b>").build())
        .isEqualTo(
            "<hx-partial hx-target=\"[data-x=&quot;1&quot;] &gt; li\" hx-swap=\"beforeend\">"
                + "<b>3</b></hx-partial>");
    assertThat(NONE.addPartial("p", SwapMode.INNER_HTML, Html.text("<")).build())
        .endsWith(">&lt;</hx-partial>");
    assertThatThrownBy(() -> NONE.addPartial(" ", SwapMode.INNER_HTML, ""))
        .hasMessageStartingWith("selector: ");
  }

  @Test
  void markupMayBeHtml() {
    assertThat(
            NONE.add("a", Html.of("x"))
                .add("b", SwapMode.BEFORE_END, Html.format("<b>{}</b>", "<"))
                .addElement("c", SwapMode.OUTER_HTML, Html.of("<p>y</p>"))
                .addAsIs(Html.of("<hr>"))
                .build())
        .isEqualTo(
            NONE.add("a", "x")
                .add("b", SwapMode.BEFORE_END, "<b>&lt;</b>")
                .addElement("c", SwapMode.OUTER_HTML, "<p>y</p>")
                .addAsIs("<hr>")
                .build());
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "<p>x</p>,             <p id=\"a\" hx-swap-oob=\"true\">x</p>",
        "<p id='a'>,           <p hx-swap-oob=\"true\" id='a'>",
        "<p class=x ID = a>,   <p hx-swap-oob=\"true\" class=x ID = a>",
        "<p title='id=b'>,     <p id=\"a\" hx-swap-oob=\"true\" title='id=b'>",
        "<br/>,                <br id=\"a\" hx-swap-oob=\"true\"/>",
        "<p title=\"a>b\" x>,  <p id=\"a\" hx-swap-oob=\"true\" title=\"a>b\" x>"
      })
  void elementThatReplacesGetsTheAttributes(String element, String expected) {
    assertThat(NONE.add("a", SwapMode.OUTER_HTML, element).build()).isEqualTo(expected);
    assertThat(NONE.addElement("a", SwapMode.OUTER_HTML, element).build()).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "text", "</p>", "<!-- x -->", "<p id=b>", "<p hx-swap-oob=true>"})
  void markupThatCannotCarryTheSwapIsRefused(String element) {
    assertThatThrownBy(() -> NONE.addElement("a", SwapMode.INNER_HTML, element))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("element: ");
  }

  @Test
  void severalAreKeptInTheirOrder() {
    OobSwap swaps = NONE.add("a", "1").addAsIs("<i></i>").remove("b").event("chat");
    assertThat(swaps.size()).isEqualTo(3);
    assertThat(swaps)
        .hasToString(
            "<div id=\"a\" hx-swap-oob=\"innerHTML\">1</div>\n<i></i>\n"
                + "<div id=\"b\" hx-swap-oob=\"delete\"></div>");
    SseMessage message = swaps.toSseMessage();
    assertThat(message.event()).contains("chat");
    assertThat(message.data()).contains(swaps.build());
    assertThat(NONE.add("a", "1").toSseMessage().event()).isEmpty();
    assertThat(swaps.clear().build()).isEmpty();
    assertThat(swaps.clear().add("c", "2").toSseMessage().event()).contains("chat");
    assertThatThrownBy(swaps.clear()::toSseMessage).hasMessageStartingWith("elements: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a b", "a\nb", "a\u0000"})
  void malformedIdsAreRefused(String id) {
    assertThatThrownBy(() -> NONE.add(id, "x")).hasMessageStartingWith("targetId: ");
  }

  @Test
  void idIsEscaped() {
    assertThat(NONE.add("a\"><x", "1").build())
        .startsWith("<div id=\"a&quot;&gt;&lt;x\" hx-swap-oob=");
    assertThatThrownBy(() -> NONE.wrapIn("div onload=x")).hasMessageStartingWith("element: ");
    assertThatThrownBy(() -> NONE.event("a,b")).hasMessageStartingWith("event: ");
    assertThatThrownBy(() -> NONE.event("a b")).hasMessageStartingWith("event: ");
    assertThatThrownBy(() -> NONE.event("a\n")).hasMessageStartingWith("event: ");
  }
}
