package org.starcast.internal.log;

import java.util.List;
import java.util.function.Supplier;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.spi.LoggedEvent;

/**
 * Where events outlive the process. A publisher hands events over and never waits; one thread,
 * which the owner starts, does the work. What the store could not take in time shows as a hole when
 * it is opened again, never in silence, and no sequence is given out twice in one epoch.
 */
public interface EventStore {

  /**
   * What a store holds when it is opened.
   *
   * @param epoch the epoch of all sequences here, and of those to come
   * @param before the sequence before the first event; the last sequence if there is none
   * @param events the newest events by rising sequence, {@linkplain LoggedEvent#isHole holes} where
   *     some are missing; about as many as the bounds of the log allow, so it has to be bounded
   *     again
   * @param states the latest events of the topics to retain, as of some moment before the end
   */
  record Contents(String epoch, long before, List<LoggedEvent> events, List<LoggedEvent> states) {}

  /**
   * Opens the store in {@code starcast.log.directory}. A damaged end is cut off with a warning, and
   * what cannot be read at all is set aside with a warning.
   *
   * @param newEpoch makes an epoch for a store that begins anew
   * @param states gives the latest events of the topics to retain, from any thread
   * @throws IllegalArgumentException if the directory cannot be used, or is in use; the message
   *     begins with the key
   */
  static EventStore file(
      StarcastConfig config,
      Supplier<String> newEpoch,
      Supplier<? extends List<? extends LoggedEvent>> states) {
    return FileEventStore.open(config, newEpoch, states);
  }

  /** What it held when it was opened; to be called once, as the store forgets it then. */
  Contents contents();

  /** The last sequence that may be given out until the disk has said that it knows more are. */
  long limit();

  /**
   * Takes an event, and leaves out the oldest that wait for the disk when these are more than the
   * log holds. By one thread at a time; never waits.
   */
  void append(LoggedEvent event);

  /** How many events it left out. */
  long unstored();

  /** The work, until {@link #close} or for good; for one thread. */
  void run();

  /**
   * Nothing is appended any more: waits for the work to end, but not for long.
   *
   * @param last the last sequence that was given out
   */
  void close(long last);
}
