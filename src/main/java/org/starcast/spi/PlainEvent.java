package org.starcast.spi;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/** See {@link OutgoingEvent#of}. */
record PlainEvent(
    List<String> topics,
    String sender,
    Collection<String> except,
    String coalesceKey,
    String key,
    byte[] bytes)
    implements OutgoingEvent {

  @Override
  public int bodyLength() {
    return bytes.length;
  }

  @Override
  public StoredEvent at(String epoch, long sequence, long time) {
    byte[] id = ("id: " + epoch + "-" + sequence + "\n\n").getBytes(StandardCharsets.US_ASCII);
    byte[] frame = Arrays.copyOf(bytes, bytes.length + id.length);
    System.arraycopy(id, 0, frame, bytes.length, id.length);
    return new StoredEvent(sequence, time, topics, sender, except, frame, frame.length);
  }
}
