package org.starcast.internal;

import java.util.function.Consumer;

/**
 * The values of an immutable object, whose methods give objects with one value changed. Thread-safe
 * as part of one, where nothing changes them any more.
 *
 * @param <V> the class itself
 */
public abstract class Values<V extends Values<V>> implements Cloneable {

  /** A changed copy. */
  @SuppressWarnings("unchecked") // a clone has the class of its original
  public final V with(Consumer<? super V> change) {
    try {
      V copy = (V) clone();
      change.accept(copy);
      return copy;
    } catch (CloneNotSupportedException e) {
      throw new AssertionError(e);
    }
  }
}
