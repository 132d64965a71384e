package org.starcast.spi;

import java.util.Collection;
import java.util.List;
import org.starcast.internal.wire.Draft;

/**
 * An event on its way to its place in the order: whom it is for, and its frame but for the id.
 * Encoded once, by the node that publishes it. Immutable but for {@link #at}.
 */
public class Envelope {

  private final List<String> topics;
  private final String sender;
  private final Collection<String> except;
  private final String coalesceKey;
  private final Draft draft;

  /**
   * An envelope.
   *
   * @param topics its topics; empty for every client
   * @param sender its sender, or null
   * @param except ids of clients that it is not for
   * @param coalesceKey what it replaces where such are replaced, or null
   * @param draft the frame
   */
  public Envelope(
      List<String> topics,
      String sender,
      Collection<String> except,
      String coalesceKey,
      Draft draft) {
    this.topics = topics;
    this.sender = sender;
    this.except = except;
    this.coalesceKey = coalesceKey;
    this.draft = draft;
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

  /** Events with the same key replace each other where the overflow policy says so; or null. */
  public final String coalesceKey() {
    return coalesceKey;
  }

  /** The array that the frame's body lies in, from its begin; not to be changed. */
  public final byte[] bytes() {
    return draft.bytes();
  }

  /** The length of the frame's body, which is all but the id line and the blank line. */
  public final int bodyLength() {
    return draft.bodyLength();
  }

  /**
   * The event at its place. Once for each envelope, as this writes the id behind the body.
   *
   * @param time when it was stored, in milliseconds since 1970
   * @throws IllegalStateException if that was done before
   */
  public LoggedEvent at(String epoch, long sequence, long time) {
    int length = draft.finish(epoch, sequence);
    return new LoggedEvent(sequence, time, topics, sender, except, draft.bytes(), length);
  }
}
