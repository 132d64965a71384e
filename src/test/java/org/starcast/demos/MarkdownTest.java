package org.starcast.demos;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starcast.demo.answer.FakeModel;
import org.starcast.demo.answer.Markdown;

/** What a model writes as HTML, whatever it writes, and at any point of it. */
class MarkdownTest {

  private static final Pattern TAG = Pattern.compile("</?(?:p|h3|h4|ul|ol|li|pre|code|strong|em)>");

  private static final String[] PIECES = {
    "#",
    "## ",
    "- ",
    "1. ",
    "*",
    "**",
    "`",
    "```",
    "\n",
    "\n\n",
    "\r",
    " ",
    "a",
    "word",
    "<b>",
    "</p>",
    "<img src=x onerror=alert(1)>",
    "\"",
    "'",
    "&",
    "&lt;",
    "{}",
    "\0",
    "\ud83d",
    "[x](javascript:y)"
  };

  private static String html(String text) {
    return Markdown.html(text).asString();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "one\\ntwo | <p>one\\ntwo</p>",
        "one\\n\\ntwo | <p>one</p><p>two</p>",
        "## A *b* | <h3>A <em>b</em></h3>",
        "### A | <h4>A</h4>",
        "#no | <p>#no</p>",
        "- a\\n- **b** | <ul><li>a</li><li><strong>b</strong></li></ul>",
        "1. a\\n2. `b*c*` | <ol><li>a</li><li><code>b*c*</code></li></ol>",
        "a\\n- b | <p>a</p><ul><li>b</li></ul>",
        "```\\n# a\\n\\n*b*\\n``` | <pre><code># a\\n\\n*b*</code></pre>",
        "```\\na | <pre><code>a</code></pre>",
        "**a | <p>**a</p>",
        "a <b> & c | <p>a &lt;b&gt; &amp; c</p>"
      })
  void itIsWhatOneExpects(String text, String html) {
    assertThat(html(text.replace("\\n", "\n"))).isEqualTo(html.replace("\\n", "\n"));
  }

  @Test
  void nothingOfTheTextIsMarkupAtAnyPointOfIt() {
    Random random = new Random(7);
    for (int run = 0; run < 2_000; run++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(30); i >= 0; i--) {
        text.append(PIECES[random.nextInt(PIECES.length)]);
        assertThat(TAG.matcher(html(text.toString())).replaceAll(""))
            .as("%s", text)
            .doesNotContain("<", ">", "\"", "'");
      }
    }
  }

  @Test
  void theAnswerUsesAllOfIt() {
    assertThat(html(FakeModel.answer("why?")))
        .contains(
            "<h3>", "<h4>", "<ul><li>", "<ol><li>", "<pre><code>", "<strong>", "<em>why?</em>")
        .doesNotContain("*", "`", "#");
  }
}
