package org.starcast.internal;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Which known name somebody may have meant. */
public final class Spelling {

  /** Longer ones are not compared, as the time grows with the product of the lengths. */
  private static final int MAX_LENGTH = 100;

  private Spelling() {}

  /**
   * The nearest of the names, if it is at most so many insertions, deletions, replacements or swaps
   * of neighbours away. Only letters and digits count, and their case does not.
   */
  public static Optional<String> nearest(String word, Collection<String> names, int most) {
    String plain = plain(word);
    if (plain.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    return names.stream()
        .min(Comparator.comparingInt(name -> distance(plain, plain(name))))
        .filter(name -> distance(plain, plain(name)) <= most);
  }

  private static String plain(String word) {
    return word.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
  }

  /**
   * How many insertions, deletions, replacements or swaps of neighbours make one text of the other
   * (the optimal string alignment distance). Takes time and memory in proportion to the product of
   * the lengths.
   */
  public static int distance(String a, String b) {
    int[][] cost = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          cost[i][j] = i + j;
          continue;
        }
        boolean same = a.charAt(i - 1) == b.charAt(j - 1);
        int least = cost[i - 1][j - 1] + (same ? 0 : 1);
        least = Math.min(least, Math.min(cost[i - 1][j], cost[i][j - 1]) + 1);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          least = Math.min(least, cost[i - 2][j - 2] + 1);
        }
        cost[i][j] = least;
      }
    }
    return cost[a.length()][b.length()];
  }
}
