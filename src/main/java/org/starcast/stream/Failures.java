package org.starcast.stream;

import java.util.concurrent.ExecutionException;

/** Hands on what others have thrown. */
final class Failures {

  private Failures() {}

  /** The failure as something that a source may throw; errors are thrown here. */
  static Exception asException(Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    return failure instanceof Exception exception ? exception : new ExecutionException(failure);
  }
}
