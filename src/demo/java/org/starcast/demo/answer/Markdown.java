package org.starcast.demo.answer;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.starcast.datastar.Html;

/**
 * A small part of Markdown as HTML, for what a model writes: headings, lists, code, strong and
 * emphasized text, paragraphs. All text is escaped, and there are neither links nor images nor any
 * markup of the model's own: what it was told to say by others harms nobody. What is not complete
 * yet is shown as far as it is.
 */
public final class Markdown {

  private static final Pattern HEADING = Pattern.compile("(#{1,6})\\s+(.*)");
  private static final Pattern ITEM = Pattern.compile("(?:[-*]|(\\d{1,4})\\.)\\s+(.*)");
  private static final Pattern INLINE =
      Pattern.compile("`([^`]+)`|\\*\\*([^*]+)\\*\\*|\\*([^*\\s][^*]*)\\*");

  private final List<Html> blocks = new ArrayList<>();

  /** The items of a list, or the lines of a paragraph, that goes on. */
  private final List<Html> open = new ArrayList<>();

  private String tag = "";

  private Markdown() {}

  /** The blocks of a text, whether that is complete or not. */
  public static Html html(String text) {
    Markdown markdown = new Markdown();
    List<String> code = null;
    for (String line : text.lines().toList()) {
      if (line.startsWith("```")) {
        markdown.close();
        if (code != null) {
          markdown.add(code);
        }
        code = code == null ? new ArrayList<>() : null;
      } else if (code != null) {
        code.add(line);
      } else {
        markdown.line(line.strip());
      }
    }
    if (code != null) {
      markdown.add(code);
    }
    markdown.close();
    return Html.format("{}", markdown.blocks);
  }

  private void add(List<String> code) {
    blocks.add(Html.format("<pre><code>{}</code></pre>", String.join("\n", code)));
  }

  private void line(String line) {
    Matcher heading = HEADING.matcher(line);
    Matcher item = ITEM.matcher(line);
    if (line.isEmpty()) {
      close();
    } else if (heading.matches()) {
      close();
      // the page has headings of its own above
      String level = heading.group(1).length() > 2 ? "h4" : "h3";
      blocks.add(element(level, inline(heading.group(2))));
    } else if (item.matches()) {
      open(item.group(1) == null ? "ul" : "ol");
      open.add(element("li", inline(item.group(2))));
    } else {
      open("p");
      open.add(inline(open.isEmpty() ? line : "\n" + line));
    }
  }

  private void open(String next) {
    if (!tag.equals(next)) {
      close();
      tag = next;
    }
  }

  private void close() {
    if (!open.isEmpty()) {
      blocks.add(element(tag, Html.format("{}", List.copyOf(open))));
      open.clear();
    }
    tag = "";
  }

  private static Html element(String tag, Html content) {
    return Html.format("<{}>{}</{}>", tag, content, tag);
  }

  private static Html inline(String text) {
    List<Object> parts = new ArrayList<>();
    Matcher marked = INLINE.matcher(text);
    int from = 0;
    while (marked.find()) {
      parts.add(text.substring(from, marked.start()));
      from = marked.end();
      if (marked.group(1) != null) {
        parts.add(Html.format("<code>{}</code>", marked.group(1)));
      } else if (marked.group(2) != null) {
        parts.add(Html.format("<strong>{}</strong>", marked.group(2)));
      } else {
        parts.add(Html.format("<em>{}</em>", marked.group(3)));
      }
    }
    parts.add(text.substring(from));
    return Html.format("{}", parts);
  }
}
