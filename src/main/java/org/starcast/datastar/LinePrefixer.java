package org.starcast.datastar;

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
    lines = new StringBuilder(size + size / 8 + 64).append(prefix);
  }

  static String lines(String keyword, CharSequence text) {
    return new LinePrefixer(keyword, text.length()).append(text).toString();
  }

  @Override
  public LinePrefixer append(CharSequence text) {
    String given = String.valueOf(text);
    return append(given, 0, given.length());
  }

  @Override
  public LinePrefixer append(CharSequence text, int start, int end) {
    // text, as strings search and copy many characters at once
    String given = String.valueOf(text).substring(start, end);
    int from = afterCr && given.startsWith("\n") ? 1 : 0;
    int cr = given.indexOf('\r', from);
    int lf = given.indexOf('\n', from);
    while (cr >= 0 || lf >= 0) {
      boolean atCr = cr >= 0 && (lf < 0 || cr < lf);
      int at = atCr ? cr : lf;
      lines.append(given.substring(from, at)).append('\n').append(prefix);
      from = atCr && lf == at + 1 ? at + 2 : at + 1;
      cr = atCr ? given.indexOf('\r', from) : cr;
      lf = lf >= 0 && lf < from ? given.indexOf('\n', from) : lf;
    }
    lines.append(given.substring(from));
    if (!given.isEmpty()) {
      afterCr = given.charAt(given.length() - 1) == '\r';
      empty = false;
    }
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
