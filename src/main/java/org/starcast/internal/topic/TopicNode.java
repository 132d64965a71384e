package org.starcast.internal.topic;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A node of the trie: one segment of the patterns that begin with the segments of its ancestors.
 * Guarded by the index's lock.
 */
final class TopicNode<S> {

  /** Null at the root. */
  final TopicNode<S> parent;

  /** Null at the root. */
  final Segment segment;

  /** Whether a {@code *} segment is among its ancestors. */
  final boolean belowMany;

  /** The children for a certain text, or null. */
  private Map<String, TopicNode<S>> literals;

  /** The children whose segment has wildcards inside, or null. */
  private GlobTrie<TopicNode<S>> globs;

  /** The child {@code +}, or null. */
  TopicNode<S> one;

  /** The child {@code *}, or null. */
  TopicNode<S> many;

  /** Who subscribes to the pattern that ends here, or null. */
  Members<S> interests;

  /** Who mutes the pattern that ends here, or null. */
  Members<S> mutes;

  /** An empty root. */
  TopicNode() {
    parent = null;
    segment = null;
    belowMany = false;
  }

  private TopicNode(TopicNode<S> parent, Segment segment) {
    this.parent = parent;
    this.segment = segment;
    this.belowMany =
        parent.belowMany || parent.segment != null && parent.segment.kind == Segment.Kind.MANY;
  }

  boolean isEmpty() {
    return literals == null
        && globs == null
        && one == null
        && many == null
        && interests == null
        && mutes == null;
  }

  /** The child for this very text, or null. */
  TopicNode<S> literal(String text) {
    return literals == null ? null : literals.get(text);
  }

  /** Shows the children with wildcards inside that match the text; returns how much it tried. */
  int forEachGlob(String text, Consumer<? super TopicNode<S>> action) {
    return globs == null ? 0 : globs.forEachMatch(text, action);
  }

  /** Where the pattern ends, or null. */
  TopicNode<S> find(CompiledPattern pattern) {
    TopicNode<S> node = this;
    for (Segment next : pattern.segments()) {
      node = node.child(next);
      if (node == null) {
        return null;
      }
    }
    return node;
  }

  /** Where the pattern ends; made if it is not there. */
  TopicNode<S> make(CompiledPattern pattern) {
    TopicNode<S> node = this;
    for (Segment next : pattern.segments()) {
      TopicNode<S> child = node.child(next);
      if (child == null) {
        child = new TopicNode<>(node, next);
        node.put(child);
      }
      node = child;
    }
    return node;
  }

  /** Forgets those of its pattern; cuts off this node if it is empty then, and its ancestors. */
  void drop(Members<S> members) {
    interests = interests == members ? null : interests;
    mutes = mutes == members ? null : mutes;
    TopicNode<S> node = this;
    while (node.parent != null && node.isEmpty()) {
      node.parent.remove(node.segment);
      node = node.parent;
    }
  }

  private TopicNode<S> child(Segment next) {
    return switch (next.kind) {
      case ONE -> one;
      case MANY -> many;
      case GLOB -> globs == null ? null : globs.get(next);
      case LITERAL -> literal(next.text);
    };
  }

  private void put(TopicNode<S> child) {
    switch (child.segment.kind) {
      case ONE -> one = child;
      case MANY -> many = child;
      case GLOB -> {
        globs = globs == null ? new GlobTrie<>() : globs;
        globs.put(child.segment, child);
      }
      case LITERAL -> {
        literals = literals == null ? new HashMap<>(2) : literals;
        literals.put(child.segment.text, child);
      }
    }
  }

  private void remove(Segment child) {
    switch (child.kind) {
      case ONE -> one = null;
      case MANY -> many = null;
      case GLOB -> {
        globs.remove(child);
        globs = globs.isEmpty() ? null : globs;
      }
      case LITERAL -> {
        literals.remove(child.text);
        literals = literals.isEmpty() ? null : literals;
      }
    }
  }
}
