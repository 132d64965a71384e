package org.starcast.internal.topic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.starcast.internal.topic.PatternSet.Answer;

class PatternSetTest {

  private static String random(Random random, List<String> alphabet) {
    StringBuilder text = new StringBuilder(alphabet.get(random.nextInt(alphabet.size())));
    for (int i = random.nextInt(4); i > 0; i--) {
      text.append('.').append(alphabet.get(random.nextInt(alphabet.size())));
    }
    return text.toString();
  }

  @Test
  void answersAsTheDefinitionDoes() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int runs = 200 * Integer.getInteger("starcast.test.runs", 1);
    for (int run = 0; run < runs; run++) {
      Map<String, Set<String>> wanted = new HashMap<>();
      Set<String> muted = new HashSet<>();
      PatternSet patterns = new PatternSet();
      List<String> alphabet = List.of("a", "b", "ab", "a", "b", "*", "+", "a*", "*b", "*a*b*");
      for (int i = random.nextInt(8); i >= 0; i--) {
        String pattern = random(random, alphabet);
        if (random.nextInt(4) == 0) {
          muted.add(pattern);
          patterns.mute(CompiledPattern.of(pattern));
        } else if (!wanted.containsKey(pattern)) {
          wanted.put(pattern, random.nextBoolean() ? Set.of() : Set.of("x"));
          patterns.subscribe(CompiledPattern.of(pattern), wanted.get(pattern));
        }
      }
      for (int i = 0; i < 10; i++) {
        String topic = random(random, List.of("a", "b", "ab", "ba"));
        String sender = random.nextBoolean() ? null : random.nextBoolean() ? "x" : "y";
        boolean isMuted = muted.stream().anyMatch(p -> NaivePattern.matches(p, topic));
        boolean isWanted =
            wanted.entrySet().stream()
                .filter(e -> e.getValue().isEmpty() || "x".equals(sender))
                .anyMatch(e -> NaivePattern.matches(e.getKey(), topic));
        assertThat(patterns.answer(topic, sender))
            .as("seed %d: %s by %s, of %s without %s", seed, topic, sender, wanted, muted)
            .isEqualTo(isMuted ? Answer.MUTED : isWanted ? Answer.WANTED : Answer.NOT_WANTED);
      }
    }
  }

  /** A client that asks for all that is there is asked about each event. */
  @Test
  void anAnswerDoesNotCostTheNumberOfPatterns() {
    PatternSet patterns = new PatternSet();
    for (int i = 0; i < 34; i++) {
      patterns.subscribe(CompiledPattern.of("*.x" + i), Set.of());
      patterns.subscribe(CompiledPattern.of("orders.+.x" + i), Set.of());
      patterns.mute(CompiledPattern.of("orders.eu*" + i));
    }
    assertThat(patterns.steps("orders.created.eu")).isLessThan(12);
    assertThat(patterns.answer("orders.created.eu", null)).isEqualTo(Answer.NOT_WANTED);
    assertThat(patterns.answer("orders.created.x7", null)).isEqualTo(Answer.WANTED);
    assertThat(patterns.answer("orders.eu7", null)).isEqualTo(Answer.MUTED);
  }
}
