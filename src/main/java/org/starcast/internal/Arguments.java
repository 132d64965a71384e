package org.starcast.internal;

import java.time.Duration;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Checks of arguments: each returns its value, or throws an {@link IllegalArgumentException} that
 * names the parameter, the problem and the bound, and shows no text, which may come from outside.
 */
public final class Arguments {

  /** The longest name, in characters. */
  public static final int MAX_NAME = 256;

  /** The longest URL, in characters. */
  public static final int MAX_URL = 8192;

  private static final Duration DAY = Duration.ofHours(24);
  private static final Duration YEAR = Duration.ofDays(365);
  private static final Pattern NONCE = Pattern.compile("[A-Za-z0-9+/_-]{1,256}={0,2}");
  private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*):(.*)");

  private Arguments() {}

  /** A number from {@code min} to {@code max}. */
  public static int range(String name, int value, int min, int max) {
    return (int) range(name, (long) value, min, max);
  }

  /** A number from {@code min} to {@code max}. */
  public static long range(String name, long value, long min, long max) {
    if (value < min || value > max) {
      throw bad(name, "must be " + min + " to " + max + ", is " + value);
    }
    return value;
  }

  /** A duration from zero to 24 hours. */
  public static Duration upToDay(String name, Duration value) {
    if (value.isNegative() || value.compareTo(DAY) > 0) {
      throw bad(name, "must be 0 to 24 hours, is " + value);
    }
    return value;
  }

  /** A duration from zero to a year. */
  public static Duration upToYear(String name, Duration value) {
    if (value.isNegative() || value.compareTo(YEAR) > 0) {
      throw bad(name, "must be PT0S to P365D, is " + value);
    }
    return value;
  }

  /** A duration from a millisecond to a year. */
  public static Duration positive(String name, Duration value) {
    if (value.toMillis() < 1 || value.compareTo(YEAR) > 0) {
      throw bad(name, "must be PT0.001S to P365D, is " + value);
    }
    return value;
  }

  /** A text that all of the pattern matches. */
  public static String matching(String name, String value, Pattern pattern, String problem) {
    if (!pattern.matcher(Objects.requireNonNull(value, name)).matches()) {
      throw bad(name, problem);
    }
    return value;
  }

  /** A name of one line, see {@link #line(String, String, int)}; 256 characters at most. */
  public static String line(String name, String value) {
    return line(name, value, MAX_NAME);
  }

  /** A text of one line: not blank, no control characters, no lone surrogates. */
  public static String line(String name, String value, int max) {
    Objects.requireNonNull(value, name);
    if (value.isBlank() || value.length() > max) {
      throw bad(name, "must be 1 to " + max + " characters, not blank, has " + value.length());
    }
    return noControls(name, value);
  }

  private static String noControls(String name, String value) {
    for (int i = 0; i < value.length(); ) {
      int c = value.codePointAt(i);
      if (Character.isISOControl(c) || c == '\u2028' || c == '\u2029') {
        throw bad(name, "has a control character or line break at index " + i);
      }
      if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
        throw bad(name, "has a lone surrogate at index " + i);
      }
      i += Character.charCount(c);
    }
    return value;
  }

  /** The nonce of a content security policy. */
  public static String nonce(String nonce) {
    return matching("nonce", nonce, NONCE, "must be 1 to 256 characters of base 64");
  }

  /**
   * An http or https URL, or a path, query or fragment relative to the page. Browsers drop tabs and
   * line breaks from URLs, trim them, and take a backslash for a slash: those are refused, and so
   * is a URL that begins with two slashes, which leaves the site although it looks like a path.
   */
  public static String url(String name, String url) {
    Objects.requireNonNull(url, name);
    if (url.isEmpty() || url.length() > MAX_URL) {
      throw bad(name, "must be 1 to " + MAX_URL + " characters, has " + url.length());
    }
    noControls(name, url);
    for (int i = 0; i < url.length(); i++) {
      char c = url.charAt(i);
      if (c == '\\' || Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\uFEFF') {
        throw bad(name, "has white space or a backslash at index " + i);
      }
    }
    if (url.startsWith("//")) {
      throw bad(name, "must name its scheme, or be one path");
    }
    var scheme = SCHEME.matcher(url);
    if (scheme.matches()) {
      boolean http =
          scheme.group(1).equalsIgnoreCase("http") || scheme.group(1).equalsIgnoreCase("https");
      if (!http || !scheme.group(2).matches("//[^/?#].*")) {
        throw bad(name, "must be relative, or begin with http:// or https:// and a host");
      }
    }
    return url;
  }

  private static IllegalArgumentException bad(String name, String problem) {
    return new IllegalArgumentException(name + ": " + problem);
  }
}
