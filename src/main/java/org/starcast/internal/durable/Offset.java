package org.starcast.internal.durable;

import java.time.Instant;
import org.starcast.internal.wire.EventId;

/**
 * A place in a stream: behind the event of this sequence. Offsets of a stream sort as texts, as
 * they have the same length.
 *
 * @param epoch of the order of events
 */
public record Offset(String epoch, long sequence) {

  /** How many digits a sequence has, with zeros before it. */
  private static final int DIGITS = 16;

  /** From when on intervals are counted, and how long one is, as the protocol has it. */
  private static final long CURSOR_EPOCH = Instant.parse("2024-10-09T00:00:00Z").getEpochSecond();

  private static final int CURSOR_SECONDS = 20;
  private static final int MAX_JITTER = 3600 / CURSOR_SECONDS;

  /**
   * Reads one.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static Offset parse(String text) {
    if (!EventId.isOne(text) || text.length() - text.lastIndexOf('-') != DIGITS + 1) {
      throw new IllegalArgumentException("offset: is not one that this server gave");
    }
    EventId id = EventId.parse(text);
    return new Offset(id.epoch(), id.sequence());
  }

  /**
   * What caches tell answers to the same offset apart by: a number that rises with time, and is
   * greater than the one that the client has.
   *
   * @param known the client's; null, or no number, for none
   */
  public static String cursor(String known) {
    long now = (System.currentTimeMillis() / 1000 - CURSOR_EPOCH) / CURSOR_SECONDS;
    if (known != null && known.matches("[0-9]{1,15}") && Long.parseLong(known) >= now) {
      now = Long.parseLong(known) + 1 + Math.floorMod(System.nanoTime(), MAX_JITTER);
    }
    return Long.toString(now);
  }

  @Override
  public String toString() {
    String digits = Long.toString(sequence);
    return epoch + "-" + "0".repeat(DIGITS - digits.length()) + digits;
  }
}
