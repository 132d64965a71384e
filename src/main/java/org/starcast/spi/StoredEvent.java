package org.starcast.spi;

import java.util.Collection;
import java.util.List;

/**
 * An event as it is kept: its place, whom it is for, and its frame. Immutable; the bytes are shared
 * and must not be changed.
 */
public class StoredEvent {

  /** What one kept event costs beside its bytes, roughly. */
  private static final int OVERHEAD_BYTES = 256;

  /** What one text costs beside its characters, which take two bytes at most. */
  private static final int TEXT_BYTES = 64;

  private final long sequence;
  private final long time;
  private final List<String> topics;
  private final String sender;
  private final Collection<String> except;
  private final byte[] bytes;
  private final int length;
  private final int addressWeight;

  /**
   * An event.
   *
   * @param sequence its place in the order of events; 0 for a frame outside of it
   * @param time when it was published, in milliseconds since 1970
   * @param topics its topics; empty for every client
   * @param sender its sender, or null
   * @param except ids of clients that it is not for
   * @param bytes an array that its frame lies in, from the begin; null for a {@linkplain #isHole
   *     hole}
   * @param length the length of the frame
   */
  public StoredEvent(
      long sequence,
      long time,
      List<String> topics,
      String sender,
      Collection<String> except,
      byte[] bytes,
      int length) {
    this.sequence = sequence;
    this.time = time;
    this.topics = topics;
    this.sender = sender;
    this.except = except;
    this.bytes = bytes;
    this.length = length;
    this.addressWeight = weight(sender) + weight(topics) + weight(except);
  }

  /**
   * The same event, the bytes shared.
   *
   * @param more a text that is kept with it, or null
   */
  protected StoredEvent(StoredEvent event, String more) {
    this.sequence = event.sequence;
    this.time = event.time;
    this.topics = event.topics;
    this.sender = event.sender;
    this.except = event.except;
    this.bytes = event.bytes;
    this.length = event.length;
    this.addressWeight = weight(sender) + weight(topics) + weight(except) + weight(more);
  }

  /** The place in the order of events; 0 for a frame outside of it. */
  public final long sequence() {
    return sequence;
  }

  /** When it was published, in milliseconds since 1970. */
  public final long time() {
    return time;
  }

  /** The topics; empty for every client. */
  public final List<String> topics() {
    return topics;
  }

  /** The sender, or null. */
  public final String sender() {
    return sender;
  }

  /** Ids of clients that it is not for. */
  public final Collection<String> except() {
    return except;
  }

  /** The array that the frame lies in, from its begin. */
  public final byte[] bytes() {
    return bytes;
  }

  /** The length of the frame. */
  public final int length() {
    return length;
  }

  /**
   * Whether this stands for events that are lost: those up to this sequence which a crash kept from
   * the disk.
   */
  public final boolean isHole() {
    return bytes == null;
  }

  /**
   * The memory in bytes that keeping it takes, roughly and rather too high: its frame, and whom it
   * is for.
   */
  public final int weight() {
    return OVERHEAD_BYTES + addressWeight + (bytes == null ? 0 : bytes.length);
  }

  /** The part of the {@link #weight} that is not the frame: topics, sender, excepted clients. */
  public final int addressWeight() {
    return addressWeight;
  }

  private static int weight(Collection<String> texts) {
    int weight = 0;
    for (String text : texts) {
      weight += weight(text);
    }
    return weight;
  }

  private static int weight(String text) {
    return text == null ? 0 : TEXT_BYTES + 2 * text.length();
  }
}
