package org.starcast.topic;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Who gets a message on one topic. The subscribers of each pattern that matches stay in that
 * pattern's own array, which all topics share; only those who match more than once, or are muted,
 * are taken out, and the former put into an array of this topic. So a resolved topic is small, and
 * is made quickly, also when a pattern that it matches has very many subscribers. Immutable.
 */
final class Resolution<S> {

  /** Stands for any sender: whoever sends, the subscriber counts. Compared by identity. */
  static final String WHOEVER = new String("whoever");

  /** What it was made from, in the order of the walk: to see whether that has changed. */
  private final List<Interests<S>> sources;

  private final List<Part<S>> parts;

  /** Who mutes this topic. */
  private final List<Interests<S>> mutes;

  private final int size;

  private Resolution(List<Interests<S>> sources, List<Part<S>> parts, List<Interests<S>> mutes) {
    this.sources = sources;
    this.parts = parts;
    this.mutes = mutes;
    int count = 0;
    for (Part<S> part : parts) {
      count += part.flat.subscribers.length;
    }
    this.size = count;
  }

  static <S> Resolution<S> of(List<TopicNode<S>> nodes) {
    List<Interests<S>> sources = new ArrayList<>(nodes.size());
    List<Interests<S>> matched = new ArrayList<>(nodes.size());
    List<Interests<S>> mutes = List.of();
    for (TopicNode<S> node : nodes) {
      if (node.interests != null) {
        sources.add(node.interests);
        matched.add(node.interests);
      }
      if (node.mutes != null) {
        sources.add(node.mutes);
        mutes = mutes.isEmpty() ? new ArrayList<>(2) : mutes;
        mutes.add(node.mutes);
      }
    }
    List<Part<S>> parts = new ArrayList<>(matched.size() + 1);
    if (matched.isEmpty() || matched.size() == 1 && mutes.isEmpty()) {
      matched.forEach(interests -> parts.add(new Part<>(interests.flat(), null)));
      return new Resolution<>(sources, parts, mutes);
    }
    SubscriberSet<S> muted = new SubscriberSet<>(0);
    for (Interests<S> muting : mutes) {
      addCommon(muting, matched, muted);
    }
    SubscriberSet<S> repeated = repeated(matched, muted);
    SubscriberSet<S> except = new SubscriberSet<>(muted.size() + repeated.size());
    muted.forEach(except::add);
    repeated.forEach(except::add);
    for (Interests<S> interests : matched) {
      parts.add(Part.of(interests, except));
    }
    if (repeated.size() > 0) {
      Flat.Builder<S> builder = new Flat.Builder<>(repeated.size());
      boolean any = matched.stream().allMatch(interests -> interests.flat().senders == null);
      repeated.forEach(
          subscriber -> builder.add(subscriber, any ? Set.of() : senders(subscriber, matched)));
      parts.add(new Part<>(builder.build(), null));
    }
    return new Resolution<>(sources, parts, mutes);
  }

  /** Those who are in more than one and not muted. */
  private static <S> SubscriberSet<S> repeated(List<Interests<S>> matched, SubscriberSet<S> muted) {
    Interests<S> largest = matched.get(0);
    int total = 0;
    for (Interests<S> interests : matched) {
      largest = interests.size() > largest.size() ? interests : largest;
      total += interests.size();
    }
    int rest = total - largest.size();
    // few others are looked up in the largest, which then need not be walked
    Interests<S> lookedUp = rest < largest.size() / 4 ? largest : null;
    SubscriberSet<S> seen = new SubscriberSet<>(lookedUp == null ? largest.size() : rest);
    SubscriberSet<S> repeated = new SubscriberSet<>(0);
    for (Interests<S> interests : matched) {
      if (interests != lookedUp) {
        for (Subscriber<S> subscriber : interests.flat().subscribers) {
          if ((!seen.add(subscriber) || lookedUp != null && lookedUp.contains(subscriber))
              && !muted.contains(subscriber)) {
            repeated.add(subscriber);
          }
        }
      }
    }
    return repeated;
  }

  /** Adds those who mute and also match: looks up the fewer in the more. */
  private static <S> void addCommon(
      Interests<S> muting, List<Interests<S>> matched, SubscriberSet<S> common) {
    for (Interests<S> interests : matched) {
      Interests<S> fewer = muting.size() < interests.size() ? muting : interests;
      Interests<S> more = fewer == muting ? interests : muting;
      for (Subscriber<S> subscriber : fewer.flat().subscribers) {
        if (more.contains(subscriber)) {
          common.add(subscriber);
        }
      }
    }
  }

  /** The senders that a subscriber wants in all; empty means any. */
  private static <S> Set<String> senders(Subscriber<S> subscriber, List<Interests<S>> matched) {
    Set<String> all = null;
    for (Interests<S> interests : matched) {
      Set<String> some = interests.senders(subscriber);
      if (some != null && some.isEmpty()) {
        return some;
      }
      if (some != null) {
        all = all == null ? new HashSet<>() : all;
        all.addAll(some);
      }
    }
    return all;
  }

  /** Whether it would be made from these nodes again. */
  boolean isOf(List<TopicNode<S>> nodes) {
    int next = 0;
    for (TopicNode<S> node : nodes) {
      if (node.interests != null
          && (next == sources.size() || sources.get(next++) != node.interests)) {
        return false;
      }
      if (node.mutes != null && (next == sources.size() || sources.get(next++) != node.mutes)) {
        return false;
      }
    }
    return next == sources.size();
  }

  /** At least as many as it has subscribers. */
  int size() {
    return size;
  }

  /** Adds those who mute the topic. */
  void addMuted(SubscriberSet<S> muted) {
    for (Interests<S> muting : mutes) {
      for (Subscriber<S> subscriber : muting.flat().subscribers) {
        muted.add(subscriber);
      }
    }
  }

  boolean hasMutes() {
    return !mutes.isEmpty();
  }

  /** Shows each subscriber who wants this sender once. */
  void forEach(String sender, Consumer<? super S> action) {
    for (int p = 0; p < parts.size(); p++) {
      Part<S> part = parts.get(p);
      Subscriber<S>[] subscribers = part.flat.subscribers;
      for (int i = 0; i < subscribers.length; i++) {
        if (part.shows(i, sender)) {
          S value = subscribers[i].value;
          if (value != null) {
            action.accept(value);
          }
        }
      }
    }
  }

  /** As {@link #forEach}, for stand-ins. */
  void forEachSubscriber(String sender, Consumer<? super Subscriber<S>> action) {
    for (Part<S> part : parts) {
      Subscriber<S>[] subscribers = part.flat.subscribers;
      for (int i = 0; i < subscribers.length; i++) {
        if (part.shows(i, sender)) {
          action.accept(subscribers[i]);
        }
      }
    }
  }

  /** An array of subscribers, and which of them to leave out. */
  private static final class Part<S> {

    final Flat<S> flat;

    /** Null if there is none to leave out. */
    private final SubscriberSet<S> except;

    Part(Flat<S> flat, SubscriberSet<S> except) {
      this.flat = flat;
      this.except = except;
    }

    /** Shares the array of the pattern, unless a large part of it would have to be left out. */
    static <S> Part<S> of(Interests<S> interests, SubscriberSet<S> except) {
      Flat<S> flat = interests.flat();
      if (except.size() == 0) {
        return new Part<>(flat, null);
      }
      int large = flat.subscribers.length / 4;
      if (except.size() < large) {
        return new Part<>(flat, except);
      }
      int out = 0;
      for (Subscriber<S> subscriber : flat.subscribers) {
        out += except.contains(subscriber) ? 1 : 0;
      }
      if (out == 0) {
        return new Part<>(flat, null);
      }
      return out < large ? new Part<>(flat, except) : new Part<>(flat.without(except, out), null);
    }

    boolean shows(int i, String sender) {
      return (flat.senders == null || wants(flat.senders[i], sender))
          && (except == null || !except.contains(flat.subscribers[i]));
    }
  }

  private static boolean wants(Set<String> senders, String sender) {
    return senders == null || sender == WHOEVER || sender != null && senders.contains(sender);
  }
}
