package org.starcast.datastar;

import java.time.Duration;
import java.util.Objects;
import java.util.regex.Pattern;
import org.starcast.internal.wire.SseFormat;

/** The checks of this package's parameters. */
final class Check {

  static final int MAX_SELECTOR = 4096;
  static final int MAX_URL = 8192;
  static final int MAX_NAME = 256;

  private static final Pattern NONCE = Pattern.compile("[A-Za-z0-9+/_-]{1,256}={0,2}");
  private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*):(.*)");

  private Check() {}

  /** A text of one line: not blank, no control characters, no lone surrogates. */
  static String line(String name, String value, int max) {
    Objects.requireNonNull(value, name);
    if (value.isBlank() || value.length() > max) {
      throw new IllegalArgumentException(
          name + ": must be 1 to " + max + " characters, not blank, has " + value.length());
    }
    return noControls(name, value);
  }

  private static String noControls(String name, String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (Character.isISOControl(c) || c == '\u2028' || c == '\u2029') {
        throw new IllegalArgumentException(
            name + ": has a control character or line break at index " + i);
      }
      if (Escape.isLoneSurrogate(value, i)) {
        throw new IllegalArgumentException(name + ": has a lone surrogate at index " + i);
      }
      if (Character.isHighSurrogate(c)) {
        i++;
      }
    }
    return value;
  }

  static Duration duration(String name, Duration duration) {
    Objects.requireNonNull(duration, name);
    if (duration.isNegative() || duration.compareTo(SseFormat.MAX_RETRY) > 0) {
      throw new IllegalArgumentException(name + ": must be 0 to 24 hours, is " + duration);
    }
    return duration;
  }

  static String nonce(String nonce) {
    if (!NONCE.matcher(Objects.requireNonNull(nonce, "nonce")).matches()) {
      throw new IllegalArgumentException("nonce: must be 1 to 256 characters of base 64");
    }
    return nonce;
  }

  /**
   * An http or https URL, or a path, query or fragment relative to the page. Browsers drop tabs and
   * line breaks from URLs, trim them, and take a backslash for a slash: those are refused, and so
   * is a URL that begins with two slashes, which leaves the site although it looks like a path.
   */
  static String url(String name, String url) {
    Objects.requireNonNull(url, name);
    if (url.isEmpty() || url.length() > MAX_URL) {
      throw new IllegalArgumentException(
          name + ": must be 1 to " + MAX_URL + " characters, has " + url.length());
    }
    noControls(name, url);
    for (int i = 0; i < url.length(); i++) {
      char c = url.charAt(i);
      if (c == '\\' || Character.isWhitespace(c) || Character.isSpaceChar(c) || c == '\uFEFF') {
        throw new IllegalArgumentException(name + ": has white space or a backslash at index " + i);
      }
    }
    if (url.startsWith("//")) {
      throw new IllegalArgumentException(name + ": must name its scheme, or be one path");
    }
    var scheme = SCHEME.matcher(url);
    if (scheme.matches()) {
      boolean http =
          scheme.group(1).equalsIgnoreCase("http") || scheme.group(1).equalsIgnoreCase("https");
      if (!http || !scheme.group(2).matches("//[^/?#].*")) {
        throw new IllegalArgumentException(
            name + ": must be relative, or begin with http:// or https:// and a host");
      }
    }
    return url;
  }
}
