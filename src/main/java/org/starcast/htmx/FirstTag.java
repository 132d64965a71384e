package org.starcast.htmx;

/** The first tag of trusted markup: where its name ends, and the id that it has. */
record FirstTag(int nameEnd, String id) {

  /**
   * Finds it.
   *
   * @throws IllegalArgumentException if the markup does not begin with an element
   */
  static FirstTag of(String markup) {
    int start = 0;
    while (start < markup.length() && markup.charAt(start) <= ' ') {
      start++;
    }
    if (start + 1 >= markup.length()
        || markup.charAt(start) != '<'
        || !Character.isLetter(markup.charAt(start + 1))) {
      throw new IllegalArgumentException("element: must begin with an element, to carry the swap");
    }
    int nameEnd = endOf(markup, start + 1, " \t\n\r\f/>");
    String id = null;
    int at = nameEnd;
    while (at < markup.length() && markup.charAt(at) != '>') {
      if (markup.charAt(at) <= ' ' || markup.charAt(at) == '/') {
        at++;
        continue;
      }
      int end = endOf(markup, at + 1, " \t\n\r\f/>=");
      String name = markup.substring(at, end);
      at = skipSpace(markup, end);
      if (at < markup.length() && markup.charAt(at) == '=') {
        int from = skipSpace(markup, at + 1);
        boolean quoted = from < markup.length() && "\"'".indexOf(markup.charAt(from)) >= 0;
        int to =
            quoted
                ? endOf(markup, from + 1, markup.substring(from, from + 1))
                : endOf(markup, from, " \t\n\r\f>");
        if (name.equalsIgnoreCase("hx-swap-oob")) {
          throw new IllegalArgumentException("element: has an hx-swap-oob of its own");
        }
        if (name.equalsIgnoreCase("id") && id == null) {
          id = markup.substring(quoted ? from + 1 : from, to);
        }
        at = quoted ? to + 1 : to;
      }
    }
    return new FirstTag(nameEnd, id);
  }

  private static int endOf(String markup, int from, String ends) {
    int at = from;
    while (at < markup.length() && ends.indexOf(markup.charAt(at)) < 0) {
      at++;
    }
    return Math.min(at, markup.length());
  }

  private static int skipSpace(String markup, int from) {
    int at = from;
    while (at < markup.length() && markup.charAt(at) <= ' ') {
      at++;
    }
    return at;
  }
}
