package org.starcast;

import java.time.Duration;
import java.util.List;

/**
 * How long it took, as counts in buckets whose bounds grow: four to each doubling, so that a
 * percentile is at most a quarter above the truth. Immutable; the difference of two tells of the
 * time between them.
 *
 * @param buckets those that have counts, by ascending bound; at most 160
 * @param count all counts together
 * @param sum all times together
 */
public record LatencyHistogram(List<Bucket> buckets, long count, Duration sum) {

  /**
   * One bucket.
   *
   * @param atMost its upper bound
   * @param count how many took so long, and longer than the bound of the bucket before
   */
  public record Bucket(Duration atMost, long count) {}

  /** Copies the list. */
  public LatencyHistogram {
    buckets = List.copyOf(buckets);
  }

  /**
   * The time that this share did not exceed; zero if there are no counts.
   *
   * @param share above 0, up to 1: 0.99 for the 99th percentile
   * @throws IllegalArgumentException if the share is out of bounds
   */
  public Duration percentile(double share) {
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("share: must be above 0 and at most 1, is " + share);
    }
    long rank = (long) Math.ceil(share * count);
    long seen = 0;
    Duration found = Duration.ZERO;
    for (Bucket bucket : buckets) {
      if (seen >= rank) {
        break;
      }
      seen += bucket.count;
      found = bucket.atMost;
    }
    return found;
  }

  /** How many took at most so long, as far as the buckets tell. */
  public long countUpTo(Duration bound) {
    long sum = 0;
    for (Bucket bucket : buckets) {
      sum += bucket.atMost.compareTo(bound) <= 0 ? bucket.count : 0;
    }
    return sum;
  }
}
