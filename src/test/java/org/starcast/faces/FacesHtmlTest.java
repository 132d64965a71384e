package org.starcast.faces;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.faces.context.FacesContext;
import jakarta.faces.context.FacesContextWrapper;
import jakarta.faces.context.ResponseWriter;
import jakarta.faces.context.ResponseWriterWrapper;
import java.io.IOException;
import java.io.StringWriter;
import java.io.Writer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.starcast.datastar.Html;

class FacesHtmlTest {

  private final StringWriter page = new StringWriter();

  @AfterEach
  void endRequest() {
    Context.end();
  }

  @Test
  void componentIsRenderedIntoTheEventAndNotIntoThePage() {
    Context context = new Context(new Markup(page));
    Html html = FacesHtml.of((FacesHtml.Encoder) c -> encode(c, false));
    assertThat(html.asString()).isEqualTo("<tr id=\"r1\">\r\n</tr>");
    assertThat(page.toString()).isEmpty();
    assertThat(context.getResponseWriter()).isSameAs(context.first);
  }

  @Test
  void pagesWriterIsPutBackAfterAFailure() {
    Context context = new Context(new Markup(page));
    Html broken = FacesHtml.of((FacesHtml.Encoder) c -> encode(c, true));
    assertThatThrownBy(broken::asString).hasMessageContaining("broken");
    assertThat(context.getResponseWriter()).isSameAs(context.first);
  }

  @Test
  void outsideOfRenderingItFails() {
    Html html = FacesHtml.of((FacesHtml.Encoder) c -> encode(c, false));
    new Context(null);
    assertThatThrownBy(html::asString).isInstanceOf(IllegalStateException.class);
  }

  private static void encode(FacesContext context, boolean broken) throws IOException {
    ResponseWriter writer = context.getResponseWriter();
    writer.write("<tr id=\"r1\">\r\n");
    if (broken) {
      throw new IOException("broken");
    }
    writer.append("</tr>");
  }

  private static final class Context extends FacesContextWrapper {
    private final ResponseWriter first;
    private ResponseWriter writer;

    Context(ResponseWriter writer) {
      super(null);
      this.first = writer;
      this.writer = writer;
      setCurrentInstance(this);
    }

    static void end() {
      setCurrentInstance(null);
    }

    @Override
    public ResponseWriter getResponseWriter() {
      return writer;
    }

    @Override
    public void setResponseWriter(ResponseWriter writer) {
      this.writer = writer;
    }
  }

  private static final class Markup extends ResponseWriterWrapper {
    private final Writer out;

    Markup(Writer out) {
      super(null);
      this.out = out;
    }

    @Override
    public ResponseWriter cloneWithWriter(Writer writer) {
      return new Markup(writer);
    }

    @Override
    public void write(char[] chars, int offset, int length) throws IOException {
      out.write(chars, offset, length);
    }

    @Override
    public void flush() throws IOException {
      out.flush();
    }

    @Override
    public void close() {}
  }
}
