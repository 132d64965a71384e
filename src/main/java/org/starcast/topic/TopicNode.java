package org.starcast.topic;

import java.util.Arrays;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * A node of the trie: one segment of the patterns that begin with the segments of its ancestors.
 * Immutable: a change makes new nodes along one path and shares all others.
 */
final class TopicNode<S> implements PersistentSet.Keyed {

  /** The segment; null at the root. */
  private final Segment segment;

  /** Whether a {@code *} segment is among its ancestors. */
  final boolean belowMany;

  private final PersistentSet<TopicNode<S>> literals;

  /** The children whose segment has wildcards inside, or null. */
  private final Globs<S> globs;

  /** The child {@code +}, or null. */
  final TopicNode<S> one;

  /** The child {@code *}, or null. */
  final TopicNode<S> many;

  /** Who subscribes to the pattern that ends here, or null. */
  final Interests<S> interests;

  /** Who mutes the pattern that ends here, or null. */
  final Interests<S> mutes;

  private TopicNode(
      Segment segment,
      boolean belowMany,
      PersistentSet<TopicNode<S>> literals,
      Globs<S> globs,
      TopicNode<S> one,
      TopicNode<S> many,
      Interests<S> interests,
      Interests<S> mutes) {
    this.segment = segment;
    this.belowMany = belowMany;
    this.literals = literals;
    this.globs = globs;
    this.one = one;
    this.many = many;
    this.interests = interests;
    this.mutes = mutes;
  }

  private TopicNode(Segment segment, boolean belowMany) {
    this(segment, belowMany, PersistentSet.empty(), null, null, null, null, null);
  }

  /** An empty root. */
  static <S> TopicNode<S> root() {
    return new TopicNode<>(null, false);
  }

  @Override
  public Object key() {
    return segment.text;
  }

  @Override
  public int hash() {
    return hash(segment.text);
  }

  @Override
  public int compareKey(Object key) {
    return segment.text.compareTo((String) key);
  }

  /** The child for this very text, or null. */
  TopicNode<S> literal(String text) {
    return literals.get(hash(text), text);
  }

  /** Shows the children with wildcards inside that match the text; returns how many it tried. */
  int forEachGlob(String text, Consumer<? super TopicNode<S>> action) {
    return globs == null ? 0 : globs.forEachMatch(text, action);
  }

  boolean isEmpty() {
    return literals.isEmpty()
        && globs == null
        && one == null
        && many == null
        && interests == null
        && mutes == null;
  }

  TopicNode<S> withInterests(Interests<S> interests) {
    return interests == this.interests
        ? this
        : new TopicNode<>(segment, belowMany, literals, globs, one, many, interests, mutes);
  }

  TopicNode<S> withMutes(Interests<S> mutes) {
    return mutes == this.mutes
        ? this
        : new TopicNode<>(segment, belowMany, literals, globs, one, many, interests, mutes);
  }

  /** Changes the node at the end of the pattern; nodes that are left empty are cut off. */
  TopicNode<S> change(TopicPattern pattern, UnaryOperator<TopicNode<S>> atEnd) {
    return change(pattern.segments(), 0, atEnd);
  }

  private TopicNode<S> change(Segment[] path, int depth, UnaryOperator<TopicNode<S>> atEnd) {
    if (depth == path.length) {
      return atEnd.apply(this);
    }
    Segment next = path[depth];
    TopicNode<S> old = child(next);
    TopicNode<S> child =
        old != null ? old : new TopicNode<>(next, belowMany || segment != null && isMany(segment));
    TopicNode<S> changed = child.change(path, depth + 1, atEnd);
    if (changed.isEmpty()) {
      changed = null;
    }
    return changed == old ? this : withChild(next, changed);
  }

  private TopicNode<S> child(Segment next) {
    switch (next.kind) {
      case ONE:
        return one;
      case MANY:
        return many;
      case GLOB:
        return globs == null ? null : globs.get(next);
      default:
        return literal(next.text);
    }
  }

  /** Puts a child in its place; null takes it away. */
  private TopicNode<S> withChild(Segment next, TopicNode<S> child) {
    PersistentSet<TopicNode<S>> newLiterals = literals;
    Globs<S> newGlobs = globs;
    TopicNode<S> newOne = one;
    TopicNode<S> newMany = many;
    switch (next.kind) {
      case ONE:
        newOne = child;
        break;
      case MANY:
        newMany = child;
        break;
      case GLOB:
        newGlobs = Globs.with(globs, next, child);
        break;
      default:
        newLiterals =
            child == null ? literals.without(hash(next.text), next.text) : literals.with(child);
    }
    return new TopicNode<>(
        segment, belowMany, newLiterals, newGlobs, newOne, newMany, interests, mutes);
  }

  private static boolean isMany(Segment segment) {
    return segment.kind == Segment.Kind.MANY;
  }

  private static int hash(String text) {
    return PersistentSet.spread(text.hashCode());
  }

  /**
   * Children with wildcards inside the segment, by what stands before the first wildcard: a text is
   * looked up once for each length of such a prefix that exists, however many children there are.
   * Only those with the same prefix are tried one by one. Immutable.
   */
  private static final class Globs<S> {

    private final PersistentSet<Group<S>> groups;

    /** How many groups have a prefix of the length that is the index. */
    private final int[] lengths;

    private Globs(PersistentSet<Group<S>> groups, int[] lengths) {
      this.groups = groups;
      this.lengths = lengths;
    }

    TopicNode<S> get(Segment segment) {
      Group<S> group = groups.get(hash(segment.prefix()), segment.prefix());
      return group == null ? null : group.nodes.get(hash(segment.text), segment.text);
    }

    /** Puts a child in its place, or takes it away if it is null; null when none are left. */
    static <S> Globs<S> with(Globs<S> old, Segment segment, TopicNode<S> child) {
      String prefix = segment.prefix();
      PersistentSet<Group<S>> groups = old == null ? PersistentSet.empty() : old.groups;
      int[] lengths = old == null ? new int[0] : old.lengths;
      Group<S> group = groups.get(hash(prefix), prefix);
      PersistentSet<TopicNode<S>> nodes = group == null ? PersistentSet.empty() : group.nodes;
      nodes = child == null ? nodes.without(hash(segment.text), segment.text) : nodes.with(child);
      if (nodes.isEmpty()) {
        groups = groups.without(hash(prefix), prefix);
        lengths = count(lengths, prefix.length(), -1);
      } else {
        groups = groups.with(new Group<>(prefix, nodes));
        lengths = group == null ? count(lengths, prefix.length(), 1) : lengths;
      }
      return groups.isEmpty() ? null : new Globs<>(groups, lengths);
    }

    int forEachMatch(String text, Consumer<? super TopicNode<S>> action) {
      int tried = 0;
      int longest = Math.min(text.length(), lengths.length - 1);
      for (int length = 0; length <= longest; length++) {
        if (lengths[length] > 0) {
          tried++;
          String prefix = text.substring(0, length);
          Group<S> group = groups.get(hash(prefix), prefix);
          if (group != null) {
            tried += group.nodes.size();
            group.nodes.forEach(
                node -> {
                  if (node.segment.matches(text)) {
                    action.accept(node);
                  }
                });
          }
        }
      }
      return tried;
    }

    private static int[] count(int[] lengths, int length, int change) {
      int[] copy = Arrays.copyOf(lengths, Math.max(lengths.length, length + 1));
      copy[length] += change;
      int used = copy.length;
      while (used > 0 && copy[used - 1] == 0) {
        used--;
      }
      return used == copy.length ? copy : Arrays.copyOf(copy, used);
    }
  }

  /** The children with one prefix. */
  private static final class Group<S> implements PersistentSet.Keyed {

    final String prefix;
    final PersistentSet<TopicNode<S>> nodes;

    Group(String prefix, PersistentSet<TopicNode<S>> nodes) {
      this.prefix = Objects.requireNonNull(prefix);
      this.nodes = nodes;
    }

    @Override
    public Object key() {
      return prefix;
    }

    @Override
    public int hash() {
      return TopicNode.hash(prefix);
    }

    @Override
    public int compareKey(Object key) {
      return prefix.compareTo((String) key);
    }
  }
}
