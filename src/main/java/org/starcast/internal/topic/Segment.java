package org.starcast.internal.topic;

import java.util.ArrayList;
import java.util.List;

/** One segment of a pattern. Immutable. */
final class Segment {

  enum Kind {
    /** Exactly this text. */
    LITERAL,
    /** Text with runs of any characters in it, such as {@code room-*}. */
    GLOB,
    /** {@code +}: any one segment. */
    ONE,
    /** {@code *}: one or more segments of any text. */
    MANY
  }

  private static final String[] NONE = new String[0];

  final Kind kind;
  final String text;

  /** Of a glob: what stands between its wildcards; the first and last may be empty. */
  private final String[] parts;

  private final int minLength;

  private Segment(Kind kind, String text, String[] parts) {
    this.kind = kind;
    this.text = text;
    this.parts = parts;
    int length = 0;
    for (String part : parts) {
      length += part.length();
    }
    this.minLength = length;
  }

  static Segment of(String text) {
    if (text.equals("*")) {
      return new Segment(Kind.MANY, text, NONE);
    }
    if (text.equals("+")) {
      return new Segment(Kind.ONE, text, NONE);
    }
    if (text.indexOf('*') < 0) {
      return new Segment(Kind.LITERAL, text, NONE);
    }
    List<String> parts = new ArrayList<>();
    int start = 0;
    for (int star = text.indexOf('*'); star >= 0; star = text.indexOf('*', start)) {
      if (start == 0 || star > start) { // in the middle, an empty part says nothing
        parts.add(text.substring(start, star));
      }
      start = star + 1;
    }
    parts.add(text.substring(start));
    return new Segment(Kind.GLOB, text, parts.toArray(String[]::new));
  }

  /**
   * Of a glob: what stands between its stars, the first and last also if empty. Not to be changed.
   */
  String[] parts() {
    return parts;
  }

  /**
   * Whether one segment of a topic matches. Each part is searched for once, behind the one before:
   * the leftmost place is always as good as any other, so that nothing is ever tried again.
   */
  boolean matches(String segment) {
    switch (kind) {
      case LITERAL:
        return text.equals(segment);
      case GLOB:
        break;
      default:
        return true;
    }
    String last = parts[parts.length - 1];
    if (segment.length() < minLength || !segment.startsWith(parts[0]) || !segment.endsWith(last)) {
      return false;
    }
    int from = parts[0].length();
    int end = segment.length() - last.length();
    for (int i = 1; i < parts.length - 1; i++) {
      int at = segment.indexOf(parts[i], from);
      if (at < 0 || at + parts[i].length() > end) {
        return false;
      }
      from = at + parts[i].length();
    }
    return true;
  }
}
