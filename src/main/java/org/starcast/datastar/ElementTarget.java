package org.starcast.datastar;

import java.util.Locale;

/**
 * Finds out whether the client can tell where elements without a selector go: their first tag needs
 * an id, or is {@code html}, {@code head} or {@code body}. One pass over the first tag; what comes
 * after it is not looked at.
 */
final class ElementTarget {

  private final String markup;
  private int at;

  private ElementTarget(String markup) {
    this.markup = markup;
  }

  /** Returns what is missing, or null. */
  static String problem(String markup) {
    return new ElementTarget(markup).problem();
  }

  private String problem() {
    skipToTag();
    if (at >= markup.length()) {
      return "has no element";
    }
    if (markup.charAt(at) != '<' || !isLetter(at + 1)) {
      return "begins with text, not with an element";
    }
    int from = ++at;
    while (at < markup.length() && !isTagEnd() && !isSpace()) {
      at++;
    }
    String name = markup.substring(from, at).toLowerCase(Locale.ROOT);
    if (name.equals("html") || name.equals("head") || name.equals("body")) {
      return null;
    }
    while (at < markup.length()) {
      skipSpace();
      while (at < markup.length() && markup.charAt(at) == '/') {
        at++;
        skipSpace();
      }
      if (at >= markup.length() || markup.charAt(at) == '>') {
        break;
      }
      if (attributeIsId()) {
        return null;
      }
    }
    return "needs an id on each element (the first, <" + name + ">, has none)";
  }

  private boolean attributeIsId() {
    int from = at++;
    while (at < markup.length() && !isSpace() && !isTagEnd() && markup.charAt(at) != '=') {
      at++;
    }
    boolean id = at - from == 2 && markup.regionMatches(true, from, "id", 0, 2);
    skipSpace();
    if (at >= markup.length() || markup.charAt(at) != '=') {
      return false;
    }
    at++;
    skipSpace();
    if (at >= markup.length()) {
      return false;
    }
    char quote = markup.charAt(at);
    int valueFrom;
    int valueTo;
    if (quote == '"' || quote == '\'') {
      valueFrom = at + 1;
      valueTo = markup.indexOf(quote, valueFrom);
      valueTo = valueTo < 0 ? markup.length() : valueTo;
      at = valueTo + 1;
    } else {
      valueFrom = at;
      while (at < markup.length() && !isSpace() && markup.charAt(at) != '>') {
        at++;
      }
      valueTo = at;
    }
    return id && valueTo > valueFrom;
  }

  private void skipToTag() {
    while (true) {
      skipSpace();
      String end;
      if (markup.startsWith("<!--", at)) {
        end = "-->";
      } else if (markup.startsWith("<!", at)) {
        end = ">";
      } else {
        return;
      }
      int closed = markup.indexOf(end, at);
      at = closed < 0 ? markup.length() : closed + end.length();
    }
  }

  private void skipSpace() {
    while (at < markup.length() && isSpace()) {
      at++;
    }
  }

  private boolean isSpace() {
    return markup.charAt(at) <= ' ';
  }

  private boolean isTagEnd() {
    return markup.charAt(at) == '>' || markup.charAt(at) == '/';
  }

  private boolean isLetter(int index) {
    return index < markup.length()
        && (markup.charAt(index) | 0x20) >= 'a'
        && (markup.charAt(index) | 0x20) <= 'z';
  }
}
