package org.starcast.topic;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
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

  private final List<Flat<S>> parts;

  /** Those to leave out of all parts but the last, which is {@link #repeated}; null if none. */
  private final Set<Subscriber<S>> except;

  /** Those who match several patterns, with all their senders; null if none. */
  private final Flat<S> repeated;

  /** Who mutes this topic. */
  private final List<Interests<S>> mutes;

  private final int size;

  private Resolution(
      List<Interests<S>> sources,
      List<Flat<S>> parts,
      Set<Subscriber<S>> except,
      Flat<S> repeated,
      List<Interests<S>> mutes) {
    this.sources = sources;
    this.parts = parts;
    this.except = except;
    this.repeated = repeated;
    this.mutes = mutes;
    int count = repeated == null ? 0 : repeated.subscribers.length;
    for (Flat<S> part : parts) {
      count += part.subscribers.length;
    }
    this.size = count;
  }

  static <S> Resolution<S> of(List<TopicNode<S>> nodes) {
    List<Interests<S>> sources = new ArrayList<>(nodes.size());
    List<Interests<S>> matched = new ArrayList<>(nodes.size());
    List<Interests<S>> mutes = List.of();
    List<Flat<S>> parts = new ArrayList<>(nodes.size());
    for (TopicNode<S> node : nodes) {
      if (node.interests != null) {
        sources.add(node.interests);
        matched.add(node.interests);
        parts.add(node.interests.flat());
      }
      if (node.mutes != null) {
        sources.add(node.mutes);
        mutes = mutes.isEmpty() ? new ArrayList<>(2) : mutes;
        mutes.add(node.mutes);
      }
    }
    if (matched.isEmpty() || matched.size() == 1 && mutes.isEmpty()) {
      return new Resolution<>(sources, parts, null, null, mutes);
    }
    Set<Subscriber<S>> repeated = repeated(matched);
    Set<Subscriber<S>> except = identitySet(repeated.size());
    for (Interests<S> muting : mutes) {
      addCommon(muting, matched, except);
    }
    repeated.removeAll(except);
    except.addAll(repeated);
    Flat.Builder<S> builder = new Flat.Builder<>(repeated.size());
    for (Subscriber<S> subscriber : repeated) {
      builder.add(subscriber, senders(subscriber, matched));
    }
    return new Resolution<>(
        sources,
        parts,
        except.isEmpty() ? null : except,
        repeated.isEmpty() ? null : builder.build(),
        mutes);
  }

  /** Those who are in more than one. Looks up those of the smaller ones in the largest. */
  private static <S> Set<Subscriber<S>> repeated(List<Interests<S>> matched) {
    Set<Subscriber<S>> repeated = identitySet(0);
    Interests<S> largest = matched.get(0);
    for (Interests<S> interests : matched) {
      largest = interests.size() > largest.size() ? interests : largest;
    }
    Set<Subscriber<S>> seen = matched.size() > 2 ? identitySet(0) : null;
    for (Interests<S> interests : matched) {
      if (interests != largest) {
        for (Subscriber<S> subscriber : interests.flat().subscribers) {
          if (largest.contains(subscriber) || seen != null && !seen.add(subscriber)) {
            repeated.add(subscriber);
          }
        }
      }
    }
    return repeated;
  }

  /** Adds those who mute and also match: looks up the fewer in the more. */
  private static <S> void addCommon(
      Interests<S> muting, List<Interests<S>> matched, Set<Subscriber<S>> common) {
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
    Set<String> all = new HashSet<>();
    for (Interests<S> interests : matched) {
      Set<String> some = interests.senders(subscriber);
      if (some != null) {
        if (some.isEmpty()) {
          return some;
        }
        all.addAll(some);
      }
    }
    return all;
  }

  static <S> Set<Subscriber<S>> identitySet(int expected) {
    return Collections.newSetFromMap(new IdentityHashMap<>(Math.max(expected, 4)));
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
  void addMuted(Set<Subscriber<S>> muted) {
    for (Interests<S> muting : mutes) {
      Collections.addAll(muted, muting.flat().subscribers);
    }
  }

  boolean hasMutes() {
    return !mutes.isEmpty();
  }

  /** Shows each subscriber who wants this sender once. */
  void forEach(String sender, Consumer<? super S> action) {
    for (int i = 0; i < parts.size(); i++) {
      walk(parts.get(i), except, sender, action);
    }
    if (repeated != null) {
      walk(repeated, null, sender, action);
    }
  }

  private static <S> void walk(
      Flat<S> flat, Set<Subscriber<S>> except, String sender, Consumer<? super S> action) {
    Subscriber<S>[] subscribers = flat.subscribers;
    Set<String>[] senders = flat.senders;
    for (int i = 0; i < subscribers.length; i++) {
      Subscriber<S> subscriber = subscribers[i];
      if ((senders == null || wants(senders[i], sender))
          && (except == null || !except.contains(subscriber))) {
        S value = subscriber.value;
        if (value != null) {
          action.accept(value);
        }
      }
    }
  }

  /** As {@link #forEach}, for stand-ins. */
  void forEachSubscriber(String sender, Consumer<? super Subscriber<S>> action) {
    for (Flat<S> part : parts) {
      walkSubscribers(part, except, sender, action);
    }
    if (repeated != null) {
      walkSubscribers(repeated, null, sender, action);
    }
  }

  private static <S> void walkSubscribers(
      Flat<S> flat,
      Set<Subscriber<S>> except,
      String sender,
      Consumer<? super Subscriber<S>> action) {
    for (int i = 0; i < flat.subscribers.length; i++) {
      Subscriber<S> subscriber = flat.subscribers[i];
      if ((flat.senders == null || wants(flat.senders[i], sender))
          && (except == null || !except.contains(subscriber))) {
        action.accept(subscriber);
      }
    }
  }

  private static boolean wants(Set<String> senders, String sender) {
    return senders == null || sender == WHOEVER || sender != null && senders.contains(sender);
  }
}
