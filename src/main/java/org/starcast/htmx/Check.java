package org.starcast.htmx;

import java.util.Objects;
import java.util.regex.Pattern;

/** The checks of this package's parameters. */
final class Check {

  private static final Pattern TAG = Pattern.compile("[a-zA-Z][a-zA-Z0-9-]{0,63}");
  private static final Pattern ATTRIBUTE = Pattern.compile("[A-Za-z_:@][A-Za-z0-9_.:@-]{0,127}");
  private static final Pattern EVENT = Pattern.compile("[^\\p{Cntrl}\\p{Zs}\\s,]{1,256}");
  private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*:.*");
  private static final Pattern NONCE = Pattern.compile("[A-Za-z0-9+/_-]{1,256}={0,2}");

  private Check() {}

  static String line(String name, String value, int max) {
    Objects.requireNonNull(value, name);
    if (value.isBlank() || value.length() > max) {
      throw new IllegalArgumentException(
          name + ": must be 1 to " + max + " characters, not blank, has " + value.length());
    }
    for (int i = 0; i < value.length(); i++) {
      if (Character.isISOControl(value.charAt(i))) {
        throw new IllegalArgumentException(
            name + ": has a control character or line break at index " + i);
      }
    }
    return value;
  }

  /** An id: white space ends it in the places where htmx reads it. */
  static String id(String name, String id) {
    if (line(name, id, 256).chars().anyMatch(Character::isWhitespace)) {
      throw new IllegalArgumentException(name + ": must have no white space");
    }
    return id;
  }

  static String tag(String name, String tag) {
    return match(name, tag, TAG, "must be 1 to 64 of A-Z a-z 0-9 -, beginning with a letter");
  }

  static String attribute(String name) {
    return match("attribute", name, ATTRIBUTE, "must be 1 to 128 of A-Z a-z 0-9 _ . : @ -");
  }

  static String event(String event) {
    return match("event", event, EVENT, "must be 1 to 256 characters, no white space, no comma");
  }

  static String nonce(String nonce) {
    return match("nonce", nonce, NONCE, "must be 1 to 256 characters of base 64");
  }

  static String url(String url) {
    line("url", url, 8192);
    if (url.chars().anyMatch(c -> Character.isWhitespace(c) || c == '\\')
        || url.startsWith("//")
        || SCHEME.matcher(url).matches() && !url.matches("(?i)https?://[^/?#].*")) {
      throw new IllegalArgumentException(
          "url: must be relative, or begin with http:// or https:// and a host, without white"
              + " space and backslashes");
    }
    return url;
  }

  private static String match(String name, String value, Pattern pattern, String problem) {
    if (!pattern.matcher(Objects.requireNonNull(value, name)).matches()) {
      throw new IllegalArgumentException(name + ": " + problem);
    }
    return value;
  }
}
