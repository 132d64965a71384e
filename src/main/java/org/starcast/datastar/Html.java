package org.starcast.datastar;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;

/**
 * Markup that writes itself; whatever it writes is trusted. Templates of all kinds fit:
 *
 * <pre>{@code
 * patchElements(Html.format("<li id=\"todo-{}\">{}</li>", todo.id(), todo.text()))   // escapes
 * patchElements(row::render)                                   // j2html: DomContent row
 * patchElements(out -> engine.render("row.jte", todo, new WriterOutput(Html.writer(out))))   // JTE
 * patchElements(template.data("todo", todo).render())           // Qute
 * patchElements(FacesHtml.of(component))                       // Jakarta Faces
 * }</pre>
 */
@FunctionalInterface
public interface Html {

  /** Writes the markup; called once for each event that is made from it. */
  void render(Appendable out) throws IOException;

  /** The markup as text. */
  default String asString() {
    StringBuilder out = new StringBuilder();
    try {
      render(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toString();
  }

  /** Trusted markup, as it is. */
  static Html of(CharSequence markup) {
    Objects.requireNonNull(markup, "markup");
    return out -> out.append(markup);
  }

  /**
   * Trusted markup with a {@code {}} for each argument. An argument that is {@link Html} is written
   * as it is, the elements of an {@link Iterable} one after the other, {@code null} as nothing, and
   * anything else as escaped text, which is right in element content and in quoted attribute
   * values. It is not right in scripts, styles, unquoted values and URLs.
   *
   * @throws IllegalArgumentException if there are more or fewer arguments than places
   */
  static Html format(String template, Object... arguments) {
    Objects.requireNonNull(template, "template");
    Object[] values = arguments.clone();
    int places = 0;
    for (int i = template.indexOf("{}"); i >= 0; i = template.indexOf("{}", i + 2)) {
      places++;
    }
    if (places != values.length) {
      throw new IllegalArgumentException(
          "arguments: must be " + places + ", one for each {}, are " + values.length);
    }
    return out -> {
      int from = 0;
      for (Object value : values) {
        int at = template.indexOf("{}", from);
        out.append(template, from, at);
        write(value, out);
        from = at + 2;
      }
      out.append(template, from, template.length());
    };
  }

  private static void write(Object value, Appendable out) throws IOException {
    if (value instanceof Html html) {
      html.render(out);
    } else if (value instanceof Iterable<?> several) {
      for (Object one : several) {
        write(one, out);
      }
    } else if (value != null) {
      out.append(Escape.html(value instanceof CharSequence text ? text : value.toString()));
    }
  }

  /**
   * Text for element content: {@code & < > " ' `} are escaped, NUL and lone surrogates replaced.
   */
  static String text(CharSequence text) {
    return Escape.html(Objects.requireNonNull(text, "text"));
  }

  /** Text for a quoted attribute value, escaped as {@link #text}. */
  static String attr(CharSequence value) {
    return Escape.html(Objects.requireNonNull(value, "value"));
  }

  /** A writer for templates that ask for one; needs no closing. */
  static java.io.Writer writer(Appendable out) {
    return new AppendableWriter(out);
  }
}
