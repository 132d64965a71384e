package org.starcast.datastar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.util.List;
import org.junit.jupiter.api.Test;

class HtmlTest {

  @Test
  void textIsEscaped() {
    assertThat(Html.text("a")).isEqualTo("a");
    assertThat(Html.text("<b a=\"1\" c='2' d=`3`>&amp;\u0000\ud800😀\udc00"))
        .isEqualTo(
            "&lt;b a=&quot;1&quot; c=&#39;2&#39; d=&#96;3&#96;&gt;&amp;amp;\ufffd\ufffd😀\ufffd");
    assertThat(Html.attr("\" onload=\"x")).isEqualTo("&quot; onload=&quot;x");
  }

  @Test
  void formatEscapesAllButHtml() {
    Html html =
        Html.format(
            "<li id=\"{}\">{}{}{}{}</li>",
            "a\"b",
            "<x>",
            Html.of("<b>1</b>"),
            List.of(Html.of("<i/>"), "<", 3),
            null);
    assertThat(html.asString()).isEqualTo("<li id=\"a&quot;b\">&lt;x&gt;<b>1</b><i/>&lt;3</li>");
    assertThat(html.asString()).isEqualTo(html.asString());
    assertThat(Html.format("{a}", new Object[0]).asString()).isEqualTo("{a}");
  }

  @Test
  void formatNeedsAnArgumentForEachPlace() {
    assertThatThrownBy(() -> Html.format("{}{}", 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("arguments: ");
    assertThatThrownBy(() -> Html.format("{}", 1, 2)).hasMessageStartingWith("arguments: ");
  }

  @Test
  void writerHandsEverythingOn() throws IOException {
    StringWriter plain = new StringWriter();
    StringBuilder through = new StringBuilder();
    for (Writer writer : List.of(plain, Html.writer(through))) {
      writer.write('a');
      writer.write("xbcx", 1, 2);
      writer.write(new char[] {'x', 'd', 'x'}, 1, 1);
      writer.append("e").append("xfx", 1, 2).append('g');
      writer.flush();
      writer.close();
    }
    assertThat(through.toString()).isEqualTo(plain.toString()).isEqualTo("abcdefg");
  }

  @Test
  void renderingThatFailsIsReported() {
    Html broken =
        out -> {
          throw new IOException("disk");
        };
    assertThatThrownBy(broken::asString).isInstanceOf(UncheckedIOException.class);
  }
}
