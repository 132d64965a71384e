package org.starcast.internal.topic;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Values by segments with {@code *} inside, found by what stands between the stars: a glob is a
 * path of literal texts, the first of which begins the segment of a topic, the last of which ends
 * it, and those between lie somewhere between. Each is looked up by hash, once for each length that
 * such texts have here, so that the time depends on the segment's length and on the globs that fit
 * it in part, not on how many globs there are. Not thread-safe.
 *
 * @param <V> the value
 */
final class GlobTrie<V> {

  /** Literal texts, and what each leads to. */
  private static final class Texts<T> {

    final Map<String, T> byText = new HashMap<>(2);

    /** How many texts have the length that is the index. */
    private int[] counts = new int[0];

    /** How many lengths there are. */
    private int lengths;

    T get(String text) {
      return byText.get(text);
    }

    void put(String text, T value) {
      int length = text.length();
      if (byText.put(text, value) == null) {
        if (length >= counts.length) {
          counts = Arrays.copyOf(counts, length + 1);
        }
        lengths += counts[length]++ == 0 ? 1 : 0;
      }
    }

    void remove(String text) {
      if (byText.remove(text) != null && --counts[text.length()] == 0) {
        lengths--;
      }
    }

    boolean isEmpty() {
      return byText.isEmpty();
    }

    boolean has(int length) {
      return counts[length] > 0;
    }

    /** The longest text that may be here and is no longer than this. */
    int longest(int most) {
      return Math.min(most, counts.length - 1);
    }
  }

  /** What may follow the texts up to here. */
  private static final class Stage<V> {

    /** Texts with a star on both sides, or null. */
    private Texts<Stage<V>> inner;

    /** Texts that end the segment, or null. */
    private Texts<V> last;

    boolean isEmpty() {
      return inner == null && last == null;
    }

    V get(String[] parts, int next) {
      if (next == parts.length - 1) {
        return last == null ? null : last.get(parts[next]);
      }
      Stage<V> stage = inner == null ? null : inner.get(parts[next]);
      return stage == null ? null : stage.get(parts, next + 1);
    }

    void put(String[] parts, int next, V value) {
      if (next == parts.length - 1) {
        last = last == null ? new Texts<>() : last;
        last.put(parts[next], value);
        return;
      }
      inner = inner == null ? new Texts<>() : inner;
      Stage<V> stage = inner.get(parts[next]);
      if (stage == null) {
        stage = new Stage<>();
        inner.put(parts[next], stage);
      }
      stage.put(parts, next + 1, value);
    }

    void remove(String[] parts, int next) {
      if (next == parts.length - 1) {
        last.remove(parts[next]);
        last = last.isEmpty() ? null : last;
        return;
      }
      Stage<V> stage = inner.get(parts[next]);
      stage.remove(parts, next + 1);
      if (stage.isEmpty()) {
        inner.remove(parts[next]);
        inner = inner.isEmpty() ? null : inner;
      }
    }

    /** Of a text whose characters before {@code from} are taken; returns how many it tried. */
    int forEachMatch(String text, int from, Consumer<? super V> action) {
      int tried = 0;
      if (last != null) {
        for (int length = last.longest(text.length() - from); length >= 0; length--) {
          if (last.has(length)) {
            tried++;
            V value = last.get(text.substring(text.length() - length));
            if (value != null) {
              action.accept(value);
            }
          }
        }
      }
      return inner == null ? tried : tried + forEachInner(text, from, action);
    }

    /** The leftmost place of each text is always as good as any other: none is tried twice. */
    private int forEachInner(String text, int from, Consumer<? super V> action) {
      int tried = 0;
      if (inner.byText.size() <= (text.length() - from) * inner.lengths) {
        for (var entry : inner.byText.entrySet()) {
          tried++;
          int at = text.indexOf(entry.getKey(), from);
          if (at >= 0) {
            int end = at + entry.getKey().length();
            tried += entry.getValue().forEachMatch(text, end, action);
          }
        }
        return tried;
      }
      for (int length = inner.longest(text.length() - from); length > 0; length--) {
        for (int at = from; inner.has(length) && at + length <= text.length(); at++) {
          tried++;
          String part = text.substring(at, at + length);
          Stage<V> stage = inner.get(part);
          if (stage != null && text.indexOf(part, from) == at) {
            tried += stage.forEachMatch(text, at + length, action);
          }
        }
      }
      return tried;
    }
  }

  private final Texts<Stage<V>> prefixes = new Texts<>();

  boolean isEmpty() {
    return prefixes.isEmpty();
  }

  /** The value of this glob, or null. */
  V get(Segment glob) {
    Stage<V> stage = prefixes.get(glob.parts()[0]);
    return stage == null ? null : stage.get(glob.parts(), 1);
  }

  void put(Segment glob, V value) {
    String prefix = glob.parts()[0];
    Stage<V> stage = prefixes.get(prefix);
    if (stage == null) {
      stage = new Stage<>();
      prefixes.put(prefix, stage);
    }
    stage.put(glob.parts(), 1, value);
  }

  /** Removes a glob that is there. */
  void remove(Segment glob) {
    String prefix = glob.parts()[0];
    Stage<V> stage = prefixes.get(prefix);
    stage.remove(glob.parts(), 1);
    if (stage.isEmpty()) {
      prefixes.remove(prefix);
    }
  }

  /** Shows the values of the globs that match the text; returns how many texts it looked up. */
  int forEachMatch(String text, Consumer<? super V> action) {
    int tried = 0;
    for (int length = prefixes.longest(text.length()); length >= 0; length--) {
      if (prefixes.has(length)) {
        tried++;
        Stage<V> stage = prefixes.get(text.substring(0, length));
        if (stage != null) {
          tried += stage.forEachMatch(text, length, action);
        }
      }
    }
    return tried;
  }
}
