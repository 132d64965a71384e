package org.starcast.internal.wire;

import java.util.Objects;

/**
 * The frame of a published message while its id is not known yet: the body in an array with room
 * for the id line, which is the frame's last, so that a client that sees the id has seen all of the
 * message. Finished once, in place. Not thread-safe until then; afterwards nothing writes to the
 * array, and it may be shared when safely published.
 */
public final class FrameTemplate {

  /** The most characters of an epoch. */
  public static final int MAX_EPOCH_LENGTH = 24;

  // "id: " epoch "-" 19 digits, line break, blank line
  static final int ROOM = 4 + MAX_EPOCH_LENGTH + 1 + 19 + 2;

  private final byte[] bytes;
  private final int bodyLength;

  /** Whether it gets an id line. */
  private final boolean withId;

  private boolean finished;

  /** A draft of a body that is followed by at least {@link #ROOM} bytes. */
  FrameTemplate(byte[] bytes, int bodyLength) {
    this(bytes, bodyLength, true);
  }

  private FrameTemplate(byte[] bytes, int bodyLength, boolean withId) {
    this.bytes = bytes;
    this.bodyLength = bodyLength;
    this.withId = withId;
  }

  /** The same, the bytes shared, where the place of a message is not told: without an id line. */
  public FrameTemplate withoutPlace() {
    return new FrameTemplate(bytes, bodyLength, false);
  }

  /** The array that the frame lies in, from its begin; the end of it may be unused. */
  public byte[] bytes() {
    return bytes;
  }

  /** The bytes of the body: of all but the id line and the blank line. */
  public int bodyLength() {
    return bodyLength;
  }

  /**
   * Ends the frame with the line {@code id: <epoch>-<sequence>}, unless it is {@linkplain
   * #withoutPlace without}, and the blank line, without allocating.
   *
   * @param epoch 1 to 24 visible ASCII characters
   * @param sequence not negative
   * @return the frame's length
   * @throws IllegalArgumentException if epoch or sequence are out of bounds; the draft is then
   *     unchanged
   * @throws IllegalStateException if it was finished before
   */
  public int finish(String epoch, long sequence) {
    if (!withId) {
      return finishWithoutId();
    }
    checkEpoch(epoch);
    if (sequence < 0) {
      throw new IllegalArgumentException("sequence: must not be negative, is " + sequence);
    }
    checkOpen();
    int at = bodyLength;
    bytes[at++] = 'i';
    bytes[at++] = 'd';
    bytes[at++] = ':';
    bytes[at++] = ' ';
    for (int i = 0; i < epoch.length(); i++) {
      bytes[at++] = (byte) epoch.charAt(i);
    }
    bytes[at++] = '-';
    int end = at + digits(sequence);
    long rest = sequence;
    for (int i = end - 1; i >= at; i--) {
      bytes[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    bytes[end++] = '\n';
    bytes[end++] = '\n';
    return end;
  }

  /**
   * Ends the frame with the blank line only.
   *
   * @return the frame's length
   * @throws IllegalStateException if it was finished before
   */
  public int finishWithoutId() {
    checkOpen();
    bytes[bodyLength] = '\n';
    return bodyLength + 1;
  }

  private void checkOpen() {
    // a second id in an array that clients share would change what they are being sent
    if (finished) {
      throw new IllegalStateException("draft: is finished");
    }
    finished = true;
  }

  private static void checkEpoch(String epoch) {
    int length = Objects.requireNonNull(epoch, "epoch").length();
    if (length == 0 || length > MAX_EPOCH_LENGTH) {
      throw new IllegalArgumentException(
          "epoch: must be 1 to " + MAX_EPOCH_LENGTH + " characters, has " + length);
    }
    for (int i = 0; i < length; i++) {
      char c = epoch.charAt(i);
      if (c <= ' ' || c > '~') {
        throw new IllegalArgumentException(
            "epoch: must be visible ASCII characters, has another at index " + i);
      }
    }
  }

  private static int digits(long value) {
    int digits = 1;
    for (long rest = value; rest >= 10; rest /= 10) {
      digits++;
    }
    return digits;
  }
}
