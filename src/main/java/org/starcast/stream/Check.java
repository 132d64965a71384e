package org.starcast.stream;

import java.time.Duration;

/** Bounds of arguments. */
final class Check {

  private static final Duration YEAR = Duration.ofDays(365);

  private Check() {}

  static int range(String parameter, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          parameter + ": must be " + min + " to " + max + ", is " + value);
    }
    return value;
  }

  /** A duration from zero to a year. */
  static Duration duration(String parameter, Duration value) {
    if (value.isNegative() || value.compareTo(YEAR) > 0) {
      throw new IllegalArgumentException(parameter + ": must be PT0S to P365D, is " + value);
    }
    return value;
  }

  /** A duration from a millisecond to a year. */
  static Duration positive(String parameter, Duration value) {
    if (value.toMillis() < 1 || value.compareTo(YEAR) > 0) {
      throw new IllegalArgumentException(parameter + ": must be PT0.001S to P365D, is " + value);
    }
    return value;
  }
}
