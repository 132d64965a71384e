package org.starcast.it.browser;

import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;

/** Text that breaks out of what is written carelessly; where it does, it sets window.owned. */
final class Hostile {

  static final List<String> TEXTS =
      List.of(
          "</script><script>window.owned=1</script>",
          "<!--<script>window.owned=1//--></script>",
          "<img src=x onerror=\"window.owned=1\">",
          "\"'`><svg onload=window.owned=1>",
          "\" onclick=\"window.owned=1\" x='",
          "${window.owned=1}",
          "`;window.owned=1;`",
          "');window.owned=1;('",
          "\\');window.owned=1;(\\'",
          "\\u003cscript>window.owned=1</script>",
          "javascript:window.owned=1",
          "$text; window.owned=1",
          "@get('/owned')",
          "a\nb\r\nc\rd\u2028e\u2029f\u0085g",
          "a\n\nevent: datastar-patch-elements\ndata: elements <p id=\"target\">owned</p>\n\nb",
          "a\r\rdata: selector body\r\r",
          "nul \u0000 and \u0007",
          "lone \ud83d and \ude00 halves",
          "\u202eright to left \ufeff\u200b",
          "&lt;b&gt; &amp;amp; &#60;",
          "__proto__",
          "x".repeat(100_000));

  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private Hostile() {}

  /** As HTML shows a text: one kind of line break; what no text may have is replaced. */
  static String asShown(String text) {
    return wellFormed(text).replace("\r\n", "\n").replace('\r', '\n').replace('\u0000', '\ufffd');
  }

  /** Halves of characters become the replacement character. */
  static String wellFormed(String text) {
    return text.replaceAll(
        "[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]", "\ufffd");
  }

  static HttpResponse<String> post(String url, JsonObject body) {
    StringBuilder ascii = new StringBuilder();
    for (char c : body.toString().toCharArray()) {
      if (c < 0x7f) {
        ascii.append(c);
      } else {
        ascii.append("\\u%04x".formatted((int) c));
      }
    }
    try {
      return HTTP.send(
          HttpRequest.newBuilder(URI.create(url))
              .timeout(Duration.ofSeconds(30))
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(ascii.toString()))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new AssertionError(url, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
