package org.starcast.topic;

import java.util.Collection;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Answers "who gets a message on these topics?" (interface fixed here; the implementation follows).
 *
 * @param <S> the subscriber; compared by identity
 */
public final class TopicIndex<S> {

  /** Creates an empty index whose cache holds this many resolved topics. */
  public TopicIndex(int cacheSize) {
    throw new UnsupportedOperationException();
  }

  /** Adds or replaces: the subscriber's pattern, with the senders it wants (none means any). */
  public void subscribe(S subscriber, TopicPattern pattern, Set<String> senders) {}

  /** Removes a pattern of the subscriber. */
  public void unsubscribe(S subscriber, TopicPattern pattern) {}

  /** Adds a mute of the subscriber. */
  public void mute(S subscriber, TopicPattern pattern) {}

  /** Removes a mute of the subscriber. */
  public void unmute(S subscriber, TopicPattern pattern) {}

  /**
   * Calls the action once for each subscriber that shall get a message on these topics (at least
   * one) from this sender (or null).
   */
  public void forEachMatch(Collection<String> topics, String sender, Consumer<? super S> action) {}
}
