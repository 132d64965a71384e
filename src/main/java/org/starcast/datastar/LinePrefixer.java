package org.starcast.datastar;

import java.util.Objects;

/**
 * Collects text into lines that begin with Datastar's keyword. Line breaks of all kinds (LF, CR,
 * CRLF) end a line; blank lines keep the keyword and its space, without which the client misreads
 * them.
 */
final class LinePrefixer implements Appendable {

  private final String prefix;
  private final StringBuilder lines;
  private boolean empty = true;
  private boolean afterCr;

  LinePrefixer(String keyword, int size) {
    prefix = keyword + " ";
    lines = new StringBuilder(size + prefix.length() + 16).append(prefix);
  }

  static String lines(String keyword, CharSequence text) {
    return new LinePrefixer(keyword, text.length()).append(text).toString();
  }

  @Override
  public LinePrefixer append(CharSequence text) {
    CharSequence given = Objects.requireNonNullElse(text, "null");
    return append(given, 0, given.length());
  }

  @Override
  public LinePrefixer append(CharSequence text, int start, int end) {
    CharSequence given = Objects.requireNonNullElse(text, "null");
    int from = start;
    for (int i = start; i < end; i++) {
      char c = given.charAt(i);
      if (c == '\n' || c == '\r') {
        lines.append(given, from, i);
        if (c == '\r' || !afterCr) {
          lines.append('\n').append(prefix);
        }
        from = i + 1;
      }
      afterCr = c == '\r';
    }
    lines.append(given, from, end);
    empty &= start == end;
    return this;
  }

  @Override
  public LinePrefixer append(char c) {
    return append(String.valueOf(c), 0, 1);
  }

  boolean isEmpty() {
    return empty;
  }

  @Override
  public String toString() {
    return lines.toString();
  }
}
