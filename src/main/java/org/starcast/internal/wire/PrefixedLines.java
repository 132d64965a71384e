package org.starcast.internal.wire;

import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * Data whose lines all begin with a prefix, such as Datastar's keywords: encoded straight from the
 * text without the prefix; put together as text only where somebody reads it. Immutable and
 * thread-safe.
 */
public final class PrefixedLines implements CharSequence {

  private final String head;
  private final String prefix;
  private final String text;
  private final byte[] prefixBytes;

  /** Made at the first use; a race makes it twice. */
  private String whole;

  /**
   * @param head lines of their own that come first, each ended by LF; or the empty text
   * @param prefix what each line of the text begins with: ASCII without line breaks and NUL
   * @param text the text; CRLF, LF and CR end a line
   */
  public PrefixedLines(String head, String prefix, String text) {
    this.head = Objects.requireNonNull(head, "head");
    this.prefix = Objects.requireNonNull(prefix, "prefix");
    this.text = Objects.requireNonNull(text, "text");
    prefixBytes = prefix.getBytes(StandardCharsets.US_ASCII);
  }

  String head() {
    return head;
  }

  byte[] prefix() {
    return prefixBytes;
  }

  String text() {
    return text;
  }

  @Override
  public int length() {
    return toString().length();
  }

  @Override
  public char charAt(int index) {
    return toString().charAt(index);
  }

  @Override
  public CharSequence subSequence(int start, int end) {
    return toString().subSequence(start, end);
  }

  /** The lines, with their prefixes, joined by LF. */
  @Override
  public String toString() {
    String made = whole;
    if (made == null) {
      String lines = text.replace("\r\n", "\n").replace('\r', '\n');
      made = head + prefix + lines.replace("\n", "\n" + prefix);
      whole = made;
    }
    return made;
  }
}
