package org.starcast.topic;

import java.util.Arrays;
import java.util.function.Consumer;

/**
 * An immutable hash set, of which a changed copy shares all but a few small arrays with the
 * original: a hash trie with 32 branches per level whose leaves are sorted arrays of up to 8
 * elements. Elements whose hashes are equal stay in one sorted leaf of any length, so that keys
 * made to collide are still found in logarithmic time.
 */
final class PersistentSet<E extends PersistentSet.Keyed> {

  /** What a set can hold. Keys are unique in it. */
  interface Keyed {
    Object key();

    /** The hash of the key, well spread. */
    int hash();

    /** Compares this element's key with another of the same hash. */
    int compareKey(Object key);
  }

  private static final int LEAF = 8;
  private static final int BITS = 5;

  private static final class Branch {
    final int bitmap;
    final Object[] children;

    Branch(int bitmap, Object[] children) {
      this.bitmap = bitmap;
      this.children = children;
    }

    int index(int bit) {
      return Integer.bitCount(bitmap & (bit - 1));
    }
  }

  private static final PersistentSet<?> EMPTY = new PersistentSet<>(null, 0);

  /** A {@link Branch}, a leaf ({@code Keyed[]}), or null when empty. */
  private final Object root;

  private final int size;

  private PersistentSet(Object root, int size) {
    this.root = root;
    this.size = size;
  }

  @SuppressWarnings("unchecked") // holds no element of any type
  static <E extends Keyed> PersistentSet<E> empty() {
    return (PersistentSet<E>) EMPTY;
  }

  /** Spreads the bits of a hash, all of which are used, five at a time. */
  static int spread(int hash) {
    int h = hash * 0x9E3779B9;
    h ^= h >>> 15;
    h *= 0x85EBCA6B;
    return h ^ h >>> 13;
  }

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** The element with this key, or null. */
  @SuppressWarnings("unchecked") // only elements of type E get in
  E get(int hash, Object key) {
    Object node = root;
    int rest = hash;
    while (node instanceof Branch) {
      Branch branch = (Branch) node;
      int bit = 1 << rest;
      if ((branch.bitmap & bit) == 0) {
        return null;
      }
      node = branch.children[branch.index(bit)];
      rest >>>= BITS;
    }
    if (node == null) {
      return null;
    }
    Keyed[] leaf = (Keyed[]) node;
    int at = find(leaf, hash, key);
    return at < 0 ? null : (E) leaf[at];
  }

  /** With this element, in place of one that has its key. */
  PersistentSet<E> with(E element) {
    boolean replaces = get(element.hash(), element.key()) != null;
    return new PersistentSet<>(with(root, 0, element), replaces ? size : size + 1);
  }

  /** Without the element that has this key. */
  PersistentSet<E> without(int hash, Object key) {
    if (get(hash, key) == null) {
      return this;
    }
    return size == 1 ? empty() : new PersistentSet<>(without(root, 0, hash, key), size - 1);
  }

  void forEach(Consumer<? super E> action) {
    if (root != null) {
      forEach(root, action);
    }
  }

  @SuppressWarnings("unchecked") // only elements of type E get in
  private void forEach(Object node, Consumer<? super E> action) {
    if (node instanceof Branch) {
      for (Object child : ((Branch) node).children) {
        forEach(child, action);
      }
    } else {
      for (Keyed element : (Keyed[]) node) {
        action.accept((E) element);
      }
    }
  }

  private static Object with(Object node, int shift, Keyed element) {
    if (node == null) {
      return new Keyed[] {element};
    }
    if (node instanceof Branch) {
      Branch branch = (Branch) node;
      int bit = 1 << (element.hash() >>> shift);
      int index = branch.index(bit);
      if ((branch.bitmap & bit) != 0) {
        Object[] children = branch.children.clone();
        children[index] = with(children[index], shift + BITS, element);
        return new Branch(branch.bitmap, children);
      }
      Object[] children = insert(branch.children, index, new Keyed[] {element});
      return new Branch(branch.bitmap | bit, children);
    }
    Keyed[] leaf = (Keyed[]) node;
    int at = find(leaf, element.hash(), element.key());
    if (at >= 0) {
      Keyed[] copy = leaf.clone();
      copy[at] = element;
      return copy;
    }
    return branchOut(insert(leaf, -at - 1, element), shift);
  }

  /** Turns a leaf that is too long into a branch, unless no bits are left to tell them apart. */
  private static Object branchOut(Keyed[] leaf, int shift) {
    if (leaf.length <= LEAF || shift >= Integer.SIZE) {
      return leaf;
    }
    int bitmap = 0;
    for (Keyed element : leaf) {
      bitmap |= 1 << (element.hash() >>> shift);
    }
    Object[] children = new Object[Integer.bitCount(bitmap)];
    int next = 0;
    for (int rest = bitmap; rest != 0; rest &= rest - 1) {
      int bit = Integer.lowestOneBit(rest);
      Keyed[] part =
          Arrays.stream(leaf).filter(e -> 1 << (e.hash() >>> shift) == bit).toArray(Keyed[]::new);
      children[next++] = branchOut(part, shift + BITS);
    }
    return new Branch(bitmap, children);
  }

  /** Removes a key that is there. */
  private static Object without(Object node, int shift, int hash, Object key) {
    if (node instanceof Branch) {
      Branch branch = (Branch) node;
      int bit = 1 << (hash >>> shift);
      int index = branch.index(bit);
      Object child = without(branch.children[index], shift + BITS, hash, key);
      if (child == null) {
        Object[] children = delete(branch.children, index);
        return children.length == 1 && children[0] instanceof Keyed[]
            ? children[0]
            : new Branch(branch.bitmap & ~bit, children);
      }
      if (branch.children.length == 1 && child instanceof Keyed[]) {
        return child;
      }
      Object[] children = branch.children.clone();
      children[index] = child;
      return new Branch(branch.bitmap, children);
    }
    Keyed[] leaf = (Keyed[]) node;
    return leaf.length == 1 ? null : delete(leaf, find(leaf, hash, key));
  }

  private static int find(Keyed[] leaf, int hash, Object key) {
    int low = 0;
    int high = leaf.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      Keyed element = leaf[middle];
      int order = Integer.compare(element.hash(), hash);
      if (order == 0) {
        order = element.compareKey(key);
      }
      if (order == 0) {
        return middle;
      }
      if (order < 0) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -low - 1;
  }

  private static <T> T[] insert(T[] array, int index, T element) {
    T[] copy = Arrays.copyOf(array, array.length + 1);
    System.arraycopy(array, index, copy, index + 1, array.length - index);
    copy[index] = element;
    return copy;
  }

  private static <T> T[] delete(T[] array, int index) {
    T[] copy = Arrays.copyOf(array, array.length - 1);
    System.arraycopy(array, index + 1, copy, index, copy.length - index);
    return copy;
  }
}
