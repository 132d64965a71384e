package org.starcast.stream;

import java.util.concurrent.Executor;

/**
 * A source in use. One thread at a time calls it, except for {@link #close} of one that was never
 * opened.
 */
abstract class SourceReader<T> {

  /**
   * Called once, before all else.
   *
   * @param wake to be called, from any thread, when {@link #poll} would give something again
   * @param executor runs what must not run in {@link #poll}
   */
  void open(Runnable wake, Executor executor) throws Exception {}

  /** The next item; null for none at present, or none any more. */
  abstract T poll() throws Exception;

  /** No more items will come; asked after {@link #poll}. */
  abstract boolean ended();

  /** Whether it wakes its reader; otherwise it is polled. */
  boolean wakes() {
    return false;
  }

  /** Called once, after all else, or in place of all else. */
  abstract void close() throws Exception;
}
