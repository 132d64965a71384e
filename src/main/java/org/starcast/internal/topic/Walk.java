package org.starcast.internal.topic;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Finds the nodes whose patterns match a topic. Goes through the segments once, with the set of
 * nodes that match so far: each node is looked at once per segment at most, whatever the patterns.
 * For one topic and one thread.
 */
final class Walk<S> {

  private List<TopicNode<S>> here = new ArrayList<>(4);
  private List<TopicNode<S>> next = new ArrayList<>(4);

  /** The {@code *} nodes that were reached: they match from there on, whatever follows. */
  private final List<TopicNode<S>> many = new ArrayList<>(4);

  /** Those among them that can be reached more than once, being below another one. */
  private Set<TopicNode<S>> manyBelowMany;

  private int steps;

  private Walk() {}

  /** The nodes where the patterns end that match. */
  static <S> List<TopicNode<S>> matches(TopicNode<S> root, String[] topic) {
    return new Walk<S>().run(root, topic);
  }

  /** How many nodes are looked at. */
  static <S> int steps(TopicNode<S> root, String[] topic) {
    Walk<S> walk = new Walk<>();
    walk.run(root, topic);
    return walk.steps;
  }

  private List<TopicNode<S>> run(TopicNode<S> root, String[] topic) {
    here.add(root);
    for (String segment : topic) {
      int before = many.size();
      for (int i = 0; i < here.size(); i++) {
        step(here.get(i), segment);
      }
      for (int i = 0; i < before; i++) {
        step(many.get(i), segment);
      }
      List<TopicNode<S>> done = here;
      here = next;
      next = done;
      next.clear();
    }
    here.addAll(many);
    here.removeIf(node -> node.interests == null && node.mutes == null);
    return here;
  }

  private void step(TopicNode<S> node, String segment) {
    TopicNode<S> literal = node.literal(segment);
    if (literal != null) {
      next.add(literal);
    }
    steps += 1 + node.forEachGlob(segment, next::add);
    if (node.one != null) {
      next.add(node.one);
    }
    if (node.many != null && isNew(node.many)) {
      many.add(node.many);
    }
  }

  private boolean isNew(TopicNode<S> node) {
    if (!node.belowMany) {
      return true; // its parent matches after one certain number of segments only
    }
    if (manyBelowMany == null) {
      manyBelowMany = new HashSet<>();
    }
    return manyBelowMany.add(node);
  }
}
