package org.starcast.internal.engine;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.starcast.SseStatistics.TopicCount;

/**
 * The topics with the most events, in a table of fixed size. A topic has one of four places, by its
 * hash; where all are taken, a newcomer wears all four down until one gives way (Misra and Gries's
 * algorithm), so that topics that come once leave no trace and those that come often stay. Counts
 * begin when a topic gets its place: they are never too high. Not thread-safe: under the lock of
 * the publishers, for which it costs one lookup for each topic.
 */
final class TopicTraffic {

  private static final int WAYS = 4;
  private static final int SET_BITS = 7;
  private static final int PLACES = WAYS << SET_BITS;

  /** The most that a topic may hold against newcomers, so that one that fell silent goes. */
  private static final int MAX_WEIGHT = 10_000;

  private static final class Place {
    String topic;
    long events;
    long bytes;
    long lastAt;
    int weight;

    void take(String newcomer, int length, long at) {
      topic = newcomer;
      events = 1;
      bytes = length;
      lastAt = at;
      weight = 1;
    }
  }

  private final Place[] places = new Place[PLACES];

  /**
   * Counts an event.
   *
   * @param at when it was published, in milliseconds since 1970
   * @return whether one of its topics was not known before
   */
  boolean count(List<String> topics, int length, long at) {
    boolean isNew = false;
    for (int i = 0; i < topics.size(); i++) {
      isNew |= count(topics.get(i), length, at);
    }
    return isNew;
  }

  private boolean count(String topic, int length, long at) {
    // the golden ratio spreads what differs in a few last characters
    int first = (topic.hashCode() * 0x9E3779B9 >>> 32 - SET_BITS) * WAYS;
    for (int i = first; i < first + WAYS; i++) {
      Place place = places[i];
      if (place == null) {
        places[i] = new Place();
        places[i].take(topic, length, at);
        return true;
      }
      if (place.topic.equals(topic)) {
        place.events++;
        place.bytes += length;
        place.lastAt = at;
        place.weight = Math.min(MAX_WEIGHT, place.weight + 1);
        return false;
      }
    }
    Place lightest = places[first];
    for (int i = first; i < first + WAYS; i++) {
      lightest = --places[i].weight < lightest.weight ? places[i] : lightest;
    }
    if (lightest.weight <= 0) {
      lightest.take(topic, length, at);
      return true;
    }
    return false;
  }

  /** All that have a place, in no order, without their clients. */
  List<TopicCount> snapshot() {
    List<TopicCount> counts = new ArrayList<>();
    for (Place place : places) {
      if (place != null) {
        Instant last = Instant.ofEpochMilli(place.lastAt);
        counts.add(new TopicCount(place.topic, place.events, place.bytes, 0, last));
      }
    }
    return counts;
  }
}
