package org.starcast.internal.topic;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Who gets a message on one topic. The subscribers of the pattern with the most of them stay in
 * that pattern's own array, which all topics share; only those of the others who are not among them
 * are put into an array of this topic. So a resolved topic is small, and is made quickly, also when
 * patterns that it matches have very many subscribers. Immutable; made while the index is locked.
 */
final class Resolution<S> {

  /** What it was made from, in the order of the walk: to see whether that has changed. */
  private final List<SubscriberArray<S>> sources;

  /** All of one pattern, or null. */
  private final SubscriberArray<S> shared;

  /** Who of them mutes the topic, or null. */
  private final SubscriberSet<S> except;

  /** Who is in other patterns only, or null. */
  private final SubscriberArray<S> own;

  /** All who mute this topic. */
  private final List<SubscriberArray<S>> mutes;

  private final int weight;

  private Resolution(
      List<SubscriberArray<S>> sources,
      SubscriberArray<S> shared,
      SubscriberSet<S> except,
      SubscriberArray<S> own,
      List<SubscriberArray<S>> mutes,
      int senders) {
    this.sources = sources;
    this.shared = shared;
    this.except = except;
    this.own = own;
    this.mutes = mutes;
    this.weight =
        160
            + 8 * sources.size()
            + (except == null ? 0 : except.weight())
            + (own == null ? 0 : own.weight())
            + 48 * senders;
  }

  /**
   * Who gets it.
   *
   * @param nodes where the patterns end that match
   */
  static <S> Resolution<S> of(List<TopicNode<S>> nodes) {
    List<SubscriberArray<S>> sources = new ArrayList<>(nodes.size());
    List<Interests<S>> matched = new ArrayList<>(nodes.size());
    List<Interests<S>> muting = List.of();
    List<SubscriberArray<S>> mutes = List.of();
    for (TopicNode<S> node : nodes) {
      if (node.interests != null) {
        sources.add(node.interests.array());
        matched.add(node.interests);
      }
      if (node.mutes != null) {
        sources.add(node.mutes.array());
        if (muting.isEmpty()) {
          muting = new ArrayList<>(2);
          mutes = new ArrayList<>(2);
        }
        muting.add(node.mutes);
        mutes.add(node.mutes.array());
      }
    }
    if (matched.size() == 1 && muting.isEmpty()) {
      return new Resolution<>(sources, sources.get(0), null, null, mutes, 0);
    }
    Interests<S> shared = largest(matched);
    SubscriberSet<S> except = null;
    if (shared != null && !muting.isEmpty()) {
      except = muted(shared, muting);
      if (except.size() > shared.size() / 4) {
        // better an array of those who are left
        shared = null;
      }
      except = shared == null || except.size() == 0 ? null : except;
    }
    Merge<S> merge = new Merge<>(matched, shared, muting);
    return new Resolution<>(
        sources,
        shared == null ? null : shared.array(),
        except,
        merge.others(),
        mutes,
        merge.senders);
  }

  /** The one with the most subscribers, all of whom want any sender; or null. */
  private static <S> Interests<S> largest(List<Interests<S>> matched) {
    Interests<S> largest = null;
    for (Interests<S> interests : matched) {
      if (interests.array().senders == null
          && (largest == null || interests.size() > largest.size())) {
        largest = interests;
      }
    }
    return largest;
  }

  /** Those of a pattern who mute; looks up the fewer in the more. */
  private static <S> SubscriberSet<S> muted(Interests<S> of, List<Interests<S>> muting) {
    SubscriberSet<S> muted = new SubscriberSet<>(0);
    for (Interests<S> mutes : muting) {
      boolean fewer = mutes.size() < of.size();
      for (Subscriber<S> subscriber : (fewer ? mutes : of).array().subscribers) {
        if (fewer
            ? subscriber.held.containsKey(of)
            : subscriber.muted != null && subscriber.muted.containsKey(mutes)) {
          muted.add(subscriber);
        }
      }
    }
    return muted;
  }

  /** Finds those who do not come with the shared array. */
  private static final class Merge<S> {
    private final List<Interests<S>> matched;
    private final Interests<S> shared;
    private final List<Interests<S>> muting;

    /** How many senders had to be copied. */
    private int senders;

    Merge(List<Interests<S>> matched, Interests<S> shared, List<Interests<S>> muting) {
      this.matched = matched;
      this.shared = shared;
      this.muting = muting;
    }

    /** Each once; null if there are none. */
    SubscriberArray<S> others() {
      int most = 0;
      int patterns = 0;
      for (Interests<S> interests : matched) {
        if (interests != shared) {
          most += interests.size();
          patterns++;
        }
      }
      if (patterns == 0) {
        return null;
      }
      SubscriberArray.Builder<S> others = new SubscriberArray.Builder<>(most);
      SubscriberSet<S> seen = patterns == 1 ? null : new SubscriberSet<>(most);
      for (Interests<S> interests : matched) {
        if (interests != shared) {
          SubscriberArray<S> array = interests.array();
          for (Subscriber<S> subscriber : array.subscribers) {
            if ((shared == null || !subscriber.held.containsKey(shared))
                && !subscriber.mutesAny(muting)
                && (seen == null || seen.add(subscriber))) {
              others.add(subscriber, senders(subscriber));
            }
          }
        }
      }
      return others.build();
    }

    /** The senders that a subscriber wants in all; empty means any. */
    private Set<String> senders(Subscriber<S> subscriber) {
      Set<String> all = null;
      boolean copied = false;
      for (Interests<S> interests : matched) {
        Interests.Interest<S> interest = subscriber.held.get(interests);
        if (interest != null) {
          Set<String> some = interest.senders();
          if (some.isEmpty()) {
            return some;
          }
          if (all == null) {
            all = some;
          } else if (all != some) {
            all = copied ? all : new HashSet<>(all);
            copied = true;
            all.addAll(some);
          }
        }
      }
      senders += copied ? all.size() : 0;
      return all;
    }
  }

  /** Whether it would be made from these nodes again. */
  boolean isOf(List<TopicNode<S>> nodes) {
    int next = 0;
    for (TopicNode<S> node : nodes) {
      if (node.interests != null
          && (next == sources.size() || !node.interests.isNow(sources.get(next++)))) {
        return false;
      }
      if (node.mutes != null
          && (next == sources.size() || !node.mutes.isNow(sources.get(next++)))) {
        return false;
      }
    }
    return next == sources.size();
  }

  /** How many subscribers it has, whichever senders they want. */
  int size() {
    return (shared == null ? 0 : shared.length())
        - (except == null ? 0 : except.size())
        + (own == null ? 0 : own.length());
  }

  /** The bytes of memory that keeping it takes, roughly, but for what topics share. */
  int weight() {
    return weight;
  }

  /** Adds those who mute the topic. */
  void addMuted(SubscriberSet<S> muted) {
    for (SubscriberArray<S> muting : mutes) {
      for (Subscriber<S> subscriber : muting.subscribers) {
        muted.add(subscriber);
      }
    }
  }

  boolean hasMutes() {
    return !mutes.isEmpty();
  }

  /**
   * Shows each subscriber who wants this sender once.
   *
   * @param any whether it counts for nothing which sender a subscriber wants
   */
  void forEach(String sender, boolean any, Consumer<? super S> action) {
    forEach(shared, except, sender, any, action);
    forEach(own, null, sender, any, action);
  }

  private static <S> void forEach(
      SubscriberArray<S> array,
      SubscriberSet<S> except,
      String sender,
      boolean any,
      Consumer<? super S> action) {
    if (array == null) {
      return;
    }
    Subscriber<S>[] subscribers = array.subscribers;
    for (int i = 0; i < subscribers.length; i++) {
      if ((any || array.wants(i, sender)) && (except == null || !except.contains(subscribers[i]))) {
        S value = subscribers[i].value;
        if (value != null) {
          action.accept(value);
        }
      }
    }
  }

  /** As {@link #forEach}, for stand-ins. */
  void forEachSubscriber(String sender, Consumer<? super Subscriber<S>> action) {
    forEachSubscriber(shared, except, sender, action);
    forEachSubscriber(own, null, sender, action);
  }

  private static <S> void forEachSubscriber(
      SubscriberArray<S> array,
      SubscriberSet<S> except,
      String sender,
      Consumer<? super Subscriber<S>> action) {
    for (int i = 0; array != null && i < array.length(); i++) {
      if (array.wants(i, sender) && (except == null || !except.contains(array.subscribers[i]))) {
        action.accept(array.subscribers[i]);
      }
    }
  }
}
