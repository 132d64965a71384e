package org.starcast.datastar;

import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Escapes text for each of the places that it is put into. */
final class Escape {

  /** The key {@code __proto__}, in any spelling that JSON has for it. */
  private static final Pattern PROTO =
      Pattern.compile(
          "__proto__"
              .chars()
              .mapToObj(c -> "(?:%c|\\\\u00(?i:%02x))".formatted(c, c))
              .collect(Collectors.joining("", "\"", "\"")));

  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private Escape() {}

  static boolean isLoneSurrogate(CharSequence text, int i) {
    char c = text.charAt(i);
    if (Character.isHighSurrogate(c)) {
      return i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1));
    }
    return Character.isLowSurrogate(c)
        && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)));
  }

  /** For HTML text and quoted attribute values alike. */
  static String html(CharSequence text) {
    int length = text.length();
    StringBuilder out = null;
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      String replacement =
          switch (c) {
            case '&' -> "&amp;";
            case '<' -> "&lt;";
            case '>' -> "&gt;";
            case '"' -> "&quot;";
            case '\'' -> "&#39;";
            case '`' -> "&#96;";
            case 0 -> "\uFFFD";
            default -> Character.isSurrogate(c) && isLoneSurrogate(text, i) ? "\uFFFD" : null;
          };
      if (replacement != null && out == null) {
        out = new StringBuilder(length + 32).append(text, 0, i);
      }
      if (out != null) {
        if (replacement == null) {
          out.append(c);
        } else {
          out.append(replacement);
        }
      }
    }
    return out == null ? text.toString() : out.toString();
  }

  /**
   * A string literal for a script. {@code <} is escaped so that neither the HTML parser nor
   * Datastar's client finds a tag in it.
   */
  static String scriptString(CharSequence text) {
    StringBuilder out = new StringBuilder(text.length() + 16).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < ' '
              || c == 0x7F
              || c == '<'
              || c == '>'
              || c == '\u2028'
              || c == '\u2029'
              || Character.isSurrogate(c) && isLoneSurrogate(text, i)) {
            unicode(out, c);
          } else {
            out.append(c);
          }
        }
      }
    }
    return out.append('"').toString();
  }

  /**
   * A string literal for one of Datastar's expressions. The client rewrites expressions as text: it
   * takes {@code @name(} and its own markers for code even inside of string literals, and splits at
   * semicolons with a pattern that misreads a backslash before a quote. Characters that take part
   * in that are written as escapes.
   */
  static String expressionString(CharSequence text) {
    StringBuilder out = new StringBuilder(text.length() + 16).append('\'');
    for (int i = 0; i < text.length(); i++) {
      expressionChar(out, text.charAt(i));
    }
    return out.append('\'').toString();
  }

  /**
   * JSON as the source text of an object: there, unlike in JSON, the key {@code __proto__} sets the
   * prototype, unless it is computed (ECMAScript, B.3.1).
   */
  private static String withOwnKeys(String json) {
    if (!json.contains("__proto__") && !json.contains("\\u")) {
      return json;
    }
    StringBuilder out = new StringBuilder(json.length() + 16);
    int done = 0;
    for (int start = json.indexOf('"'); start >= 0; start = json.indexOf('"', done)) {
      int end = start + 1;
      while (json.charAt(end) != '"') {
        end += json.charAt(end) == '\\' ? 2 : 1;
      }
      end++;
      int next = end;
      while (next < json.length() && json.charAt(next) <= ' ') {
        next++;
      }
      boolean key = next < json.length() && json.charAt(next) == ':';
      out.append(json, done, start);
      if (key && PROTO.matcher(json).region(start, end).matches()) {
        out.append("[\"__proto__\"]");
      } else {
        out.append(json, start, end);
      }
      done = end;
    }
    return out.append(json, done, json.length()).toString();
  }

  /** JSON as one of Datastar's expressions: the same values, with strings written as above. */
  static String expressionJson(String text) {
    String json = withOwnKeys(text);
    StringBuilder out = new StringBuilder(json.length() + 16);
    boolean string = false;
    for (int i = 0; i < json.length(); i++) {
      char c = json.charAt(i);
      if (!string || c == '"') {
        string ^= c == '"';
        out.append(c);
      } else if (c != '\\') {
        expressionChar(out, c);
      } else {
        char escaped = json.charAt(++i);
        switch (escaped) {
          case '"', '\\', '/' -> expressionChar(out, escaped);
          default -> out.append('\\').append(escaped);
        }
      }
    }
    return out.toString();
  }

  private static void expressionChar(StringBuilder out, char c) {
    boolean plain =
        switch (c) {
          case '"', '\'', '`', '\\', ';', '$', '@', '<', '>', 0x7F, '\u2028', '\u2029' -> false;
          default -> c >= ' ' && !Character.isSurrogate(c);
        };
    if (plain) {
      out.append(c);
    } else {
      unicode(out, c);
    }
  }

  /**
   * The text of a script element. {@code <!--} and the end tags that the HTML parser and Datastar's
   * client look for have their {@code <} written as an escape, which is the same in the string,
   * template and regular expression literals, and JSON, that such text can stand in.
   */
  static String scriptText(String script) {
    StringBuilder out = null;
    int done = 0;
    for (int i = script.indexOf('<'); i >= 0; i = script.indexOf('<', i + 1)) {
      if (startsWith(script, i, "<!--")
          || startsWith(script, i, "</script")
          || startsWith(script, i, "</html")
          || startsWith(script, i, "</head")
          || startsWith(script, i, "</body")) {
        if (out == null) {
          out = new StringBuilder(script.length() + 16);
        }
        unicode(out.append(script, done, i), '<');
        done = i + 1;
      }
    }
    return out == null ? script : out.append(script, done, script.length()).toString();
  }

  private static boolean startsWith(String text, int at, String prefix) {
    return text.regionMatches(true, at, prefix, 0, prefix.length());
  }

  /** JSON that is put into a script: {@code <} occurs in its strings only. */
  static String scriptJson(String json) {
    return withOwnKeys(json)
        .replace("<", "\\u003c")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029");
  }

  /** JSON in ASCII, for a header. */
  static String asciiJson(String json) {
    StringBuilder out = new StringBuilder(json.length());
    for (int i = 0; i < json.length(); i++) {
      char c = json.charAt(i);
      if (c < 0x7F) {
        out.append(c);
      } else {
        unicode(out, c);
      }
    }
    return out.toString();
  }

  /** A selector in ASCII, for a header (CSS Syntax 3, section 4.3.7). */
  static String asciiSelector(String selector) {
    StringBuilder out = new StringBuilder(selector.length());
    selector
        .codePoints()
        .forEach(
            c -> {
              if (c < 0x7F) {
                out.append((char) c);
              } else {
                out.append('\\').append(Integer.toHexString(c)).append(' ');
              }
            });
    return out.toString();
  }

  /** An identifier in a selector (CSSOM, "serialize an identifier"). */
  static String cssIdentifier(String identifier) {
    StringBuilder out = new StringBuilder(identifier.length() + 8);
    for (int i = 0; i < identifier.length(); i++) {
      char c = identifier.charAt(i);
      boolean first = i == 0 || i == 1 && identifier.charAt(0) == '-';
      if (c >= '0' && c <= '9' && first) {
        out.append('\\').append(Integer.toHexString(c)).append(' ');
      } else if (c >= 0x80
          || c == '_'
          || c == '-' && identifier.length() > 1
          || c < 0x80 && Character.isLetterOrDigit(c)) {
        out.append(c);
      } else {
        out.append('\\').append(c);
      }
    }
    return out.toString();
  }

  private static void unicode(StringBuilder out, char c) {
    out.append("\\u")
        .append(HEX[c >> 12])
        .append(HEX[c >> 8 & 15])
        .append(HEX[c >> 4 & 15])
        .append(HEX[c & 15]);
  }
}
