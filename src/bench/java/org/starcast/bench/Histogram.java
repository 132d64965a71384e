package org.starcast.bench;

/**
 * Counts durations in buckets whose width grows with the value, so that every percentile is right
 * to within 1 %. One thread records; {@link #add} joins the histograms of several.
 */
final class Histogram {

  private static final int SUB_BITS = 7;
  private static final int SUB = 1 << SUB_BITS;

  private final long[] counts = new long[(64 - SUB_BITS) * SUB];
  private long total;
  private long max;

  /** Records a duration; a negative one counts as zero. */
  void record(long nanos) {
    long value = Math.max(0, nanos);
    counts[bucket(value)]++;
    total++;
    max = Math.max(max, value);
  }

  void add(Histogram other) {
    for (int i = 0; i < counts.length; i++) {
      counts[i] += other.counts[i];
    }
    total += other.total;
    max = Math.max(max, other.max);
  }

  long total() {
    return total;
  }

  long max() {
    return max;
  }

  /** The smallest value that this many percent of the recorded ones do not exceed; 0 if none. */
  long percentile(double percent) {
    long rank = Math.max(1, (long) Math.ceil(total * percent / 100));
    long seen = 0;
    for (int i = 0; i < counts.length; i++) {
      seen += counts[i];
      if (seen >= rank) {
        return Math.min(max, top(i));
      }
    }
    return 0;
  }

  /** Values below 2 × SUB have a bucket each; above, SUB buckets for each power of two. */
  private static int bucket(long value) {
    int shift = Math.max(0, 63 - Long.numberOfLeadingZeros(value | 1) - SUB_BITS);
    return (shift << SUB_BITS) + (int) (value >>> shift);
  }

  private static long top(int bucket) {
    int shift = Math.max(0, (bucket >> SUB_BITS) - 1);
    long base = bucket - ((long) shift << SUB_BITS);
    return ((base + 1) << shift) - 1;
  }
}
