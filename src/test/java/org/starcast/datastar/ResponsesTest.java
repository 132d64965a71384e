package org.starcast.datastar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.core.Response;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.starcast.ResponseRuntime;

@ExtendWith(ResponseRuntime.class)
class ResponsesTest {

  private final DatastarSse datastar = Recorder.datastar();

  @Test
  void eventsAreAStreamOfOurBytes() {
    Response response = datastar.response(datastar.removeElements("#ä"), datastar.consoleLog("1"));
    assertThat(response.getStatus()).isEqualTo(200);
    assertThat(ResponseRuntime.type(response)).isEqualTo("text/event-stream;charset=UTF-8");
    assertThat(ResponseRuntime.header(response, "Cache-Control"))
        .isEqualTo("no-cache, no-transform");
    assertThat(ResponseRuntime.header(response, "X-Accel-Buffering")).isEqualTo("no");
    assertThat(Wire.parse(ResponseRuntime.body(response))).hasSize(2);
    assertThat(ResponseRuntime.body(response)).contains("data: selector #ä\n");
  }

  @Test
  void servletsAreAnsweredAlike() throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    Map<String, Object> calls = new LinkedHashMap<>();
    HttpServletResponse response = servletResponse(body, calls);
    DatastarEvent.Batch batch = datastar.batch(datastar.removeElements("#ä"));
    batch.respondTo(response);
    assertThat(body.toString(StandardCharsets.UTF_8)).isEqualTo(batch.render());
    assertThat(calls)
        .containsEntry("setContentType", "text/event-stream;charset=UTF-8")
        .containsEntry("setContentLength", body.size())
        .containsEntry("Cache-Control", "no-cache, no-transform")
        .containsEntry("X-Accel-Buffering", "no");
    calls.clear();
    datastar.batch().respondTo(response);
    assertThat(calls).containsExactly(Map.entry("setStatus", 204));
  }

  private static HttpServletResponse servletResponse(
      ByteArrayOutputStream body, Map<String, Object> calls) {
    ServletOutputStream stream =
        new ServletOutputStream() {
          @Override
          public void write(int b) {
            body.write(b);
          }

          @Override
          public boolean isReady() {
            return true;
          }

          @Override
          public void setWriteListener(WriteListener listener) {
            throw new UnsupportedOperationException();
          }
        };
    return (HttpServletResponse)
        Proxy.newProxyInstance(
            ResponsesTest.class.getClassLoader(),
            new Class<?>[] {HttpServletResponse.class},
            (self, method, args) -> {
              if (method.getName().equals("getOutputStream")) {
                return stream;
              }
              boolean header = method.getName().equals("setHeader");
              calls.put(header ? (String) args[0] : method.getName(), args[header ? 1 : 0]);
              return null;
            });
  }

  @Test
  void noEventsAreNoContent() {
    assertThat(datastar.response().getStatus()).isEqualTo(204);
    assertThat(datastar.response().hasEntity()).isFalse();
  }

  @Test
  void elementsAsHtml() {
    Response plain = datastar.patchElements("<p id=a>ä\r\nelements </p>").toHtmlResponse();
    assertThat(ResponseRuntime.type(plain)).isEqualTo("text/html;charset=UTF-8");
    assertThat(ResponseRuntime.body(plain)).isEqualTo("<p id=a>ä\r\nelements </p>");
    assertThat(plain.getHeaders()).containsOnlyKeys("Cache-Control");

    Response all =
        datastar
            .patchElements("<g/>")
            .selector("#😀 > é")
            .mode(PatchElements.Mode.PREPEND)
            .namespace(PatchElements.Namespace.SVG)
            .useViewTransition()
            .toHtmlResponse();
    assertThat(ResponseRuntime.header(all, "datastar-selector")).isEqualTo("#\\1f600  > \\e9 ");
    assertThat(ResponseRuntime.header(all, "datastar-mode")).isEqualTo("prepend");
    assertThat(ResponseRuntime.header(all, "datastar-namespace")).isEqualTo("svg");
    assertThat(ResponseRuntime.header(all, "datastar-use-view-transition")).isEqualTo("true");
    assertThatThrownBy(() -> datastar.patchElements("<p>").toHtmlResponse())
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void signalsAsJson() {
    Response response = datastar.patchSignals(Map.of("a", "ü")).onlyIfMissing().toJsonResponse();
    assertThat(ResponseRuntime.type(response)).isEqualTo("application/json;charset=UTF-8");
    assertThat(ResponseRuntime.body(response)).isEqualTo("{\"a\":\"ü\"}");
    assertThat(ResponseRuntime.header(response, "datastar-only-if-missing")).isEqualTo("true");
  }

  @Test
  void scriptAsJavaScript() {
    Response response =
        datastar.executeScript("go()").attribute("title", "é😀").toJavaScriptResponse();
    assertThat(ResponseRuntime.type(response)).isEqualTo("text/javascript;charset=UTF-8");
    assertThat(ResponseRuntime.body(response)).isEqualTo("go()");
    assertThat(ResponseRuntime.header(response, "datastar-script-attributes"))
        .isEqualTo("{\"title\":\"\\u00e9\\ud83d\\ude00\",\"data-effect\":\"el.remove()\"}");
    assertThat(datastar.executeScript("go()").autoRemove(false).toJavaScriptResponse().getHeaders())
        .containsOnlyKeys("Cache-Control");
  }
}
