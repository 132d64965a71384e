package org.starcast.internal.backplane;

import java.util.Collection;
import java.util.List;
import org.starcast.internal.wire.FrameTemplate;
import org.starcast.spi.OutgoingEvent;
import org.starcast.spi.StoredEvent;

/**
 * An event that is encoded, but for the id that comes with its position. Immutable but for {@link
 * #at}.
 */
public class EncodedEvent implements OutgoingEvent {

  private final List<String> topics;
  private final String sender;
  private final Collection<String> except;
  private final String coalesceKey;
  private final String key;
  private final FrameTemplate draft;

  /**
   * Of an event that has no position yet.
   *
   * @param topics its topics; empty for every client
   * @param sender its sender, or null
   * @param except ids of clients that it is not for
   * @param coalesceKey what it replaces where such are replaced, or null
   * @param draft the frame
   */
  public EncodedEvent(
      List<String> topics,
      String sender,
      Collection<String> except,
      String coalesceKey,
      FrameTemplate draft) {
    this(topics, sender, except, coalesceKey, null, draft);
  }

  /**
   * As above, of an event that others may append too.
   *
   * @param key the idempotency key, or null
   */
  public EncodedEvent(
      List<String> topics,
      String sender,
      Collection<String> except,
      String coalesceKey,
      String key,
      FrameTemplate draft) {
    this.topics = topics;
    this.sender = sender;
    this.except = except;
    this.coalesceKey = coalesceKey;
    this.key = key;
    this.draft = draft;
  }

  @Override
  public final List<String> topics() {
    return topics;
  }

  @Override
  public final String sender() {
    return sender;
  }

  @Override
  public final Collection<String> except() {
    return except;
  }

  @Override
  public final String coalesceKey() {
    return coalesceKey;
  }

  @Override
  public final String key() {
    return key;
  }

  @Override
  public final byte[] bytes() {
    return draft.bytes();
  }

  @Override
  public final int bodyLength() {
    return draft.bodyLength();
  }

  @Override
  public StoredEvent at(String epoch, long sequence, long time) {
    int length = draft.finish(epoch, sequence);
    return new StoredEvent(sequence, time, topics, sender, except, draft.bytes(), length);
  }
}
