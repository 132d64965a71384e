package org.starcast.topic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PersistentSetTest {

  private static final class Element implements PersistentSet.Keyed {
    final Integer key;
    final int hash;

    Element(Integer key, int hash) {
      this.key = key;
      this.hash = hash;
    }

    @Override
    public Object key() {
      return key;
    }

    @Override
    public int hash() {
      return hash;
    }

    @Override
    public int compareKey(Object other) {
      return key.compareTo((Integer) other);
    }
  }

  /** The mask makes hashes collide: all of them, many, or hardly any. */
  @ParameterizedTest
  @ValueSource(ints = {0, 0xC0000000, 0x3, 0x80000001, 0xFFFF, -1})
  void behavesLikeASetAndLeavesOldVersionsAsTheyWere(int mask) {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    PersistentSet<Element> set = PersistentSet.empty();
    TreeSet<Integer> model = new TreeSet<>();
    PersistentSet<Element> old = set;
    TreeSet<Integer> oldModel = new TreeSet<>();
    for (int i = 0; i < 6_000; i++) {
      int key = random.nextInt(400);
      int hash = PersistentSet.spread(key) & mask;
      if (random.nextInt(1_000) < 500 + (i / 1_500 % 2 == 0 ? 300 : -300)) {
        set = set.with(new Element(key, hash));
        model.add(key);
      } else {
        set = set.without(hash, key);
        model.remove(key);
      }
      assertThat(set.size()).as("seed %d", seed).isEqualTo(model.size());
      assertThat(set.get(hash, key) != null).as("seed %d", seed).isEqualTo(model.contains(key));
      if (i % 500 == 0) {
        assertThat(keys(set)).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(model);
        assertThat(keys(old)).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(oldModel);
        old = set;
        oldModel = new TreeSet<>(model);
      }
    }
    for (Integer key : new ArrayList<>(model)) {
      set = set.without(PersistentSet.spread(key) & mask, key);
    }
    assertThat(set.isEmpty()).isTrue();
    assertThat(set).isSameAs(PersistentSet.empty());
  }

  @Test
  void replacesTheElementOfAKey() {
    Element one = new Element(1, 7);
    Element other = new Element(1, 7);
    PersistentSet<Element> set = PersistentSet.<Element>empty().with(one).with(other);
    assertThat(set.size()).isEqualTo(1);
    assertThat(set.get(7, 1)).isSameAs(other);
  }

  private static List<Integer> keys(PersistentSet<Element> set) {
    List<Integer> keys = new ArrayList<>();
    set.forEach(element -> keys.add(element.key));
    return keys;
  }
}
