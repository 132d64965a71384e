package org.starcast.internal.wire;

import java.nio.charset.StandardCharsets;

/** UTF-8 with U+FFFD, not {@code ?}, in place of lone surrogates. */
final class Utf8 {

  static final char REPLACEMENT = '\uFFFD';

  private Utf8() {}

  static byte[] encode(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    // getBytes hides a lone surrogate behind a '?'. That none did is seen cheapest by comparing
    // with
    // the bytes read back: two vectorised passes for ASCII, where looking at each char costs more
    // than all the rest of the encoding.
    boolean ascii =
        bytes.length == text.length()
            && new String(bytes, StandardCharsets.ISO_8859_1).equals(text);
    int lone = ascii ? -1 : indexOfLoneSurrogate(text);
    return lone < 0 ? bytes : replaceLoneSurrogates(text, lone).getBytes(StandardCharsets.UTF_8);
  }

  /** Whether a surrogate pair begins at the index. */
  static boolean isPairAt(CharSequence text, int index) {
    return Character.isHighSurrogate(text.charAt(index))
        && index + 1 < text.length()
        && Character.isLowSurrogate(text.charAt(index + 1));
  }

  private static int indexOfLoneSurrogate(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        if (!isPairAt(text, i)) {
          return i;
        }
        i++;
      }
    }
    return -1;
  }

  private static String replaceLoneSurrogates(String text, int first) {
    StringBuilder replaced = new StringBuilder(text.length()).append(text, 0, first);
    for (int i = first; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        replaced.append(c);
      } else if (isPairAt(text, i)) {
        replaced.append(c).append(text.charAt(++i));
      } else {
        replaced.append(REPLACEMENT);
      }
    }
    return replaced.toString();
  }
}
