package org.starcast.internal.topic;

import java.util.Set;

/**
 * The patterns and mutes of one subscriber: what {@link TopicIndex} would answer, for one in place
 * of all. The time that a topic takes depends on its segments and on the patterns that match it in
 * part, not on how many patterns there are. Not thread-safe while it is filled.
 */
public final class PatternSet {

  /** What the subscriber makes of a topic. */
  public enum Answer {
    /** It subscribes to it, from this sender. */
    WANTED,
    /** It has nothing to do with it. */
    NOT_WANTED,
    /** It mutes it. */
    MUTED
  }

  private final TopicNode<PatternSet> root = new TopicNode<>();
  private final Subscriber<PatternSet> subscriber = new Subscriber<>(this);

  /** An empty set. */
  public PatternSet() {
    // to be filled
  }

  /**
   * Adds a pattern that it does not have.
   *
   * @param senders those that it wants, none means any; not to be changed any more
   */
  public void subscribe(CompiledPattern pattern, Set<String> senders) {
    TopicNode<PatternSet> node = root.make(pattern);
    node.interests = new Members<>(node, pattern);
    node.interests.put(subscriber, senders);
  }

  /** Adds a mute. */
  public void mute(CompiledPattern pattern) {
    TopicNode<PatternSet> node = root.make(pattern);
    node.mutes = new Members<>(node, pattern);
    node.mutes.put(subscriber, Set.of());
  }

  /**
   * What the subscriber makes of a topic.
   *
   * @param topic one that {@link TopicName#check} accepts
   * @param sender the sender, or null
   */
  public Answer answer(String topic, String sender) {
    Answer answer = Answer.NOT_WANTED;
    for (TopicNode<PatternSet> node : Walk.matches(root, TopicName.split(topic))) {
      if (node.mutes != null) {
        return Answer.MUTED;
      }
      if (node.interests != null && node.interests.wants(subscriber, sender)) {
        answer = Answer.WANTED;
      }
    }
    return answer;
  }

  /** How many nodes and globs are looked at, to be held against a bound. */
  int steps(String topic) {
    return Walk.steps(root, TopicName.split(topic));
  }
}
