package org.starcast.internal.log;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.config.TopicBounds;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.internal.topic.PatternSet;

/**
 * Which topics have a history of their own, and how much of it is kept. Where several patterns
 * match a topic, the most specific one holds: the one with the most characters that stand for
 * themselves. Immutable.
 */
public final class TopicRules {

  /** One of them. */
  record Rule(CompiledPattern pattern, TopicBounds bounds) {}

  private static final Comparator<CompiledPattern> MOST_SPECIFIC_FIRST =
      Comparator.comparingInt(TopicRules::ownCharacters)
          .reversed()
          // of two that are alike but for that, one is for a single segment
          .thenComparing(pattern -> pattern.toString().replace('+', ' '));

  private final List<Rule> rules = new ArrayList<>();
  private final List<CompiledPattern> retained;

  /** Those of the configuration. */
  public TopicRules(StarcastConfig config) {
    Map<String, TopicBounds> topics = config.log().topics();
    topics.keySet().stream()
        .map(CompiledPattern::of)
        .sorted(MOST_SPECIFIC_FIRST)
        .forEach(pattern -> rules.add(new Rule(pattern, topics.get(pattern.toString()))));
    retained = config.log().retained().stream().map(CompiledPattern::of).toList();
  }

  private static int ownCharacters(CompiledPattern pattern) {
    return (int) pattern.toString().chars().filter(c -> c != '*' && c != '+').count();
  }

  List<Rule> all() {
    return rules;
  }

  /** The number of the rule that holds for a topic; -1 for none. */
  int find(String topic) {
    for (int i = 0; i < rules.size(); i++) {
      if (rules.get(i).pattern.matches(topic)) {
        return i;
      }
    }
    return -1;
  }

  /** Whether new clients begin with the latest event of the topic. */
  public boolean isRetained(String topic) {
    for (CompiledPattern pattern : retained) {
      if (pattern.matches(topic)) {
        return true;
      }
    }
    return false;
  }

  /** The patterns of topics whose latest event new clients begin with. */
  public List<CompiledPattern> retained() {
    return retained;
  }

  /** The topics that match any of these patterns. */
  public Selection select(Collection<String> patterns) {
    return new Selection(this, patterns);
  }

  /** The topics of a subscription, and what the rules say of them. Immutable. */
  public static final class Selection {
    final List<String> topics = new ArrayList<>();

    /** Null for none. */
    private PatternSet wildcards;

    /** The rules that may hold for topics of the wildcards. */
    final BitSet overlapping = new BitSet();

    /** Whether wildcards match topics that no rule is for. */
    private boolean beyondRules;

    private Selection(TopicRules rules, Collection<String> patterns) {
      for (String text : patterns) {
        if (text.indexOf('*') < 0 && text.indexOf('+') < 0) {
          topics.add(text);
        } else {
          add(rules, CompiledPattern.of(text));
        }
      }
    }

    private void add(TopicRules rules, CompiledPattern wildcard) {
      if (wildcards == null) {
        wildcards = new PatternSet();
      }
      wildcards.subscribe(wildcard, Set.of());
      for (int i = 0; i < rules.rules.size(); i++) {
        CompiledPattern pattern = rules.rules.get(i).pattern;
        if (pattern.overlaps(wildcard)) {
          overlapping.set(i);
        }
        if (pattern.contains(wildcard)) {
          // for each of its topics it is this one, or one before it
          return;
        }
      }
      beyondRules = true;
    }

    boolean isBeyondRules() {
      return beyondRules;
    }

    boolean hasWildcards() {
      return wildcards != null;
    }

    /** Whether a wildcard matches the topic; not to be asked where there are none. */
    boolean wildcardMatches(String topic) {
      return wildcards.answer(topic, null) == PatternSet.Answer.WANTED;
    }
  }
}
