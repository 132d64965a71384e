package org.starcast.internal.markup;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * The first tag of trusted markup, as a browser reads it; comments and a document type may come
 * before it, and what comes after it is not looked at.
 *
 * @param name its name in lower case
 * @param nameEnd where its name ends
 * @param attributes its attributes by their names in lower case, with the empty text for no value
 */
public record FirstTag(String name, int nameEnd, Map<String, String> attributes) {

  private static final String SPACE = " \t\n\r\f";

  /**
   * Reads it.
   *
   * @throws IllegalArgumentException if the markup does not begin with an element; the message says
   *     what it does, without the parameter's name
   */
  public static FirstTag of(String markup) {
    int start = start(markup);
    if (start == markup.length()) {
      throw new IllegalArgumentException("has no element");
    }
    if (!markup.substring(start, Math.min(start + 2, markup.length())).matches("<[A-Za-z]")) {
      throw new IllegalArgumentException("begins with text, not with an element");
    }
    int nameEnd = end(markup, start + 1, SPACE + "/>");
    Map<String, String> attributes = new LinkedHashMap<>();
    int at = nameEnd;
    while (at < markup.length() && markup.charAt(at) != '>') {
      if (SPACE.indexOf(markup.charAt(at)) >= 0 || markup.charAt(at) == '/') {
        at++;
        continue;
      }
      int end = end(markup, at + 1, SPACE + "/>=");
      String name = markup.substring(at, end).toLowerCase(Locale.ROOT);
      String value = "";
      at = skipSpace(markup, end);
      if (at < markup.length() && markup.charAt(at) == '=') {
        int from = skipSpace(markup, at + 1);
        boolean quoted = from < markup.length() && "\"'".indexOf(markup.charAt(from)) >= 0;
        int begin = quoted ? from + 1 : from;
        at = end(markup, begin, quoted ? markup.substring(from, begin) : SPACE + ">");
        value = markup.substring(begin, at);
        at += quoted ? 1 : 0;
      }
      attributes.putIfAbsent(name, value);
    }
    String name = markup.substring(start + 1, nameEnd).toLowerCase(Locale.ROOT);
    return new FirstTag(name, nameEnd, attributes);
  }

  /** The id; empty for none. */
  public String id() {
    return attributes.getOrDefault("id", "");
  }

  /** Behind white space, comments and the document type. */
  private static int start(String markup) {
    int at = skipSpace(markup, 0);
    while (markup.startsWith("<!", at)) {
      String end = markup.startsWith("<!--", at) ? "-->" : ">";
      int closed = markup.indexOf(end, at);
      at = closed < 0 ? markup.length() : skipSpace(markup, closed + end.length());
    }
    return at;
  }

  private static int end(String markup, int from, String ends) {
    int at = from;
    while (at < markup.length() && ends.indexOf(markup.charAt(at)) < 0) {
      at++;
    }
    return at;
  }

  private static int skipSpace(String markup, int from) {
    int at = from;
    while (at < markup.length() && SPACE.indexOf(markup.charAt(at)) >= 0) {
      at++;
    }
    return at;
  }
}
