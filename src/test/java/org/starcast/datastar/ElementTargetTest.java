package org.starcast.datastar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

class ElementTargetTest {

  private final DatastarSse datastar = Recorder.datastar();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<div id=\"a\">x</div>",
        "<div id='a'>",
        "<div id=a>",
        "<DIV ID=a>",
        "<input disabled id=a>",
        "<br id=a/>",
        "<div class=\"x > y\" data-on:click=\"a > b\" id = 'a'>",
        "\n\n  <div\n\tid=\"a\">",
        "<!-- a > comment -->\r\n<div\r\nclass=\"x\ny\"\r\nid=\"a\">",
        "<!doctype html><html>",
        "<body>",
        "<HEAD><title>x</title></HEAD>",
        "<my-card id=a>",
        "<div/id=a>"
      })
  void elementsWithATargetAreTaken(String elements) {
    assertThat(datastar.patchElements(elements).render()).startsWith("event: ");
    assertThat(datastar.patchElements(elements).mode(PatchElements.Mode.REPLACE).render())
        .contains("mode replace");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "text",
        "text <div id=a>",
        "<div>x</div>",
        "<div",
        "<",
        "</div>",
        "<1 id=a>",
        "<div id>",
        "<div id=>",
        "<div id=\"\">",
        "<div data-id=a>",
        "<div idx=a>",
        "<div title='id=a'>",
        "<div title=\" id='a' >",
        "<div class=x><b id=a></b></div>",
        "<!-- <div id=a>",
        "<template>"
      })
  void elementsWithoutATargetAreRefused(String elements) {
    PatchElements patch = datastar.patchElements(elements);
    assertThatThrownBy(patch::render)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("elements: without a selector, outer ");
    assertThatThrownBy(patch::publish).isInstanceOf(IllegalArgumentException.class);
    assertThat(patch.selector("#x").render()).contains("selector #x");
  }

  @ParameterizedTest
  @EnumSource(
      value = PatchElements.Mode.class,
      mode = Mode.EXCLUDE,
      names = {"OUTER", "REPLACE"})
  void otherModesNeedASelector(PatchElements.Mode mode) {
    PatchElements patch = datastar.patchElements("<p id=a>").mode(mode).withoutTargetCheck();
    assertThatThrownBy(patch::render)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("selector: must be given, mode " + mode.value() + " needs one");
  }

  @Test
  void checkCanBeLeftOut() {
    assertThat(datastar.patchElements("<p>").withoutTargetCheck().render())
        .contains("data: elements <p>\n");
  }
}
