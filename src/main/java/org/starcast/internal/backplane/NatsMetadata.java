package org.starcast.internal.backplane;

/**
 * Where a message is, as its reply subject says: {@code
 * $JS.ACK.[<domain>.<account>.]<stream>.<consumer>.<deliveries>.<sequence>.<delivery>.<time>.<pending>}.
 * Read here, as the client's own reading of it costs more than all the rest of a message.
 *
 * @param sequence in the stream
 * @param delivery in the consumer
 * @param nanos when it was stored, in nanoseconds since 1970
 * @param pending how many come behind it
 */
record NatsMetadata(long sequence, long delivery, long nanos, long pending) {

  private static final int TOKENS = 9;

  /**
   * Reads it.
   *
   * @throws IllegalArgumentException if it is none
   */
  static NatsMetadata of(String reply) {
    if (reply == null || !reply.startsWith("$JS.ACK.")) {
      throw new IllegalArgumentException("reply: is no place in a stream");
    }
    int tokens = 1;
    for (int i = 0; i < reply.length(); i++) {
      tokens += reply.charAt(i) == '.' ? 1 : 0;
    }
    if (tokens != TOKENS && tokens < TOKENS + 2) {
      throw new IllegalArgumentException("reply: has " + tokens + " tokens");
    }
    int at = 0;
    for (int skip = tokens == TOKENS ? 5 : 7; skip > 0; skip--) {
      at = reply.indexOf('.', at) + 1;
    }
    long[] numbers = new long[4];
    for (int n = 0; n < numbers.length; n++) {
      int end = reply.indexOf('.', at);
      end = end < 0 ? reply.length() : end;
      numbers[n] = Long.parseLong(reply, at, end, 10);
      at = end + 1;
    }
    return new NatsMetadata(numbers[0], numbers[1], numbers[2], numbers[3]);
  }
}
