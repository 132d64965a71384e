package org.starcast.internal.topic;

import java.util.ArrayList;
import java.util.List;

/**
 * How patterns lie to each other: whether one matches all that another does, whether both can match
 * the same. Segments in a row with {@code *} and {@code +}, and characters of a segment with {@code
 * *}, are the same problem, of symbols and runs: a table of the product of both lengths answers it,
 * so that no pattern, however hostile, takes longer than its 256 characters allow.
 */
final class Coverage {

  /** A run of no or more symbols. */
  private static final Segment RUN = null;

  /** Whether two symbols, neither of which is a run, fit. */
  private interface Fit {
    boolean test(int a, int b);
  }

  /** Whether a symbol is a run. */
  private interface Run {
    boolean at(int index);
  }

  private Coverage() {}

  /**
   * Whether {@code wide} matches every topic that {@code narrow} does. A wildcard of the narrow one
   * is taken for a letter of its own, which only a wildcard of the wide one can take: so yes is
   * always true, and no is only wrong where the wide one would need several ways to match.
   */
  static boolean contains(CompiledPattern wide, CompiledPattern narrow) {
    List<Segment> a = symbols(wide.segments());
    List<Segment> b = symbols(narrow.segments());
    return covers(
        a.size(),
        b.size(),
        i -> a.get(i) == RUN,
        j -> b.get(j) == RUN,
        (i, j) -> covers(a.get(i), b.get(j)));
  }

  /** Whether there is a topic that both match; one beyond the bounds of a topic counts, too. */
  static boolean overlaps(CompiledPattern one, CompiledPattern other) {
    List<Segment> a = symbols(one.segments());
    List<Segment> b = symbols(other.segments());
    return meet(
        a.size(),
        b.size(),
        i -> a.get(i) == RUN,
        j -> b.get(j) == RUN,
        (i, j) -> meet(a.get(i), b.get(j)));
  }

  /**
   * The segments, where wildcards in a row of which one is {@code *} are as many {@code +}, with
   * runs before, between and behind them: they mean the same in any order.
   */
  private static List<Segment> symbols(Segment[] segments) {
    List<Segment> symbols = new ArrayList<>();
    for (int start = 0; start < segments.length; ) {
      boolean many = false;
      int end = start;
      for (; end < segments.length && isWild(segments[end]); end++) {
        many |= segments[end].kind == Segment.Kind.MANY;
      }
      if (end == start) {
        symbols.add(segments[start++]);
        continue;
      }
      for (; start < end; start++) {
        if (many) {
          symbols.add(RUN);
        }
        symbols.add(Segment.of("+"));
      }
      if (many) {
        symbols.add(RUN);
      }
    }
    return symbols;
  }

  private static boolean isWild(Segment segment) {
    return segment.kind == Segment.Kind.ONE || segment.kind == Segment.Kind.MANY;
  }

  private static boolean covers(Segment wide, Segment narrow) {
    if (wide.kind == Segment.Kind.ONE) {
      return true;
    }
    if (narrow.kind == Segment.Kind.ONE) {
      return false;
    }
    String a = wide.text;
    String b = narrow.text;
    return covers(
        a.length(),
        b.length(),
        i -> a.charAt(i) == '*',
        j -> b.charAt(j) == '*',
        (i, j) -> a.charAt(i) == b.charAt(j));
  }

  private static boolean meet(Segment one, Segment other) {
    if (one.kind == Segment.Kind.ONE || other.kind == Segment.Kind.ONE) {
      return true;
    }
    String a = one.text;
    String b = other.text;
    return meet(
        a.length(),
        b.length(),
        i -> a.charAt(i) == '*',
        j -> b.charAt(j) == '*',
        (i, j) -> a.charAt(i) == b.charAt(j));
  }

  private static boolean covers(int wide, int narrow, Run inWide, Run inNarrow, Fit fit) {
    boolean[][] fits = new boolean[wide + 1][narrow + 1];
    fits[wide][narrow] = true;
    for (int i = wide - 1; i >= 0; i--) {
      for (int j = narrow; j >= 0; j--) {
        fits[i][j] =
            inWide.at(i)
                ? fits[i + 1][j] || j < narrow && fits[i][j + 1]
                : j < narrow && !inNarrow.at(j) && fits[i + 1][j + 1] && fit.test(i, j);
      }
    }
    return fits[0][0];
  }

  private static boolean meet(int one, int other, Run inOne, Run inOther, Fit fit) {
    boolean[][] fits = new boolean[one + 1][other + 1];
    for (int i = one; i >= 0; i--) {
      for (int j = other; j >= 0; j--) {
        if (i < one && inOne.at(i)) {
          fits[i][j] = fits[i + 1][j] || j < other && fits[i][j + 1];
        } else if (j < other && inOther.at(j)) {
          fits[i][j] = fits[i][j + 1] || i < one && fits[i + 1][j];
        } else if (i == one || j == other) {
          fits[i][j] = i == one && j == other;
        } else {
          fits[i][j] = fits[i + 1][j + 1] && fit.test(i, j);
        }
      }
    }
    return fits[0][0];
  }
}
