package org.starcast.stream;

import java.util.concurrent.Executor;
import org.starcast.internal.cdi.ContainerExecutors;

/**
 * What streams run on.
 *
 * @param application for what may block, with the context of who has it run: a slice that opens a
 *     source or asks one that may block, a producer, a last message
 * @param slices for slices that only pass on what a source has given, of which there is one for
 *     about each item; with the application's context, and nobody's identity
 * @param timer runs what is due, and never blocks
 */
record StreamThreads(Executor application, Executor slices, Timer timer) {

  static StreamThreads of(ContainerExecutors executors) {
    return new StreamThreads(
        executors.executor(), executors.slices(), Timer.of(executors.scheduler()));
  }
}
