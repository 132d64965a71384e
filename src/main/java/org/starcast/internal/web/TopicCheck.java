package org.starcast.internal.web;

import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.SseStatistics.TopicCount;
import org.starcast.internal.http.RecentRefusals;
import org.starcast.internal.http.RecentRefusals.Refusal;
import org.starcast.internal.json.Json;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.internal.topic.NearMiss;

/**
 * Why nothing may arrive of what is published on a topic: who is subscribed to it, who mutes it,
 * whose patterns nearly match, how often it was published, what was refused. Of this node, as of
 * now; made when somebody asks, in time in proportion to the patterns of all clients. Not
 * thread-safe.
 */
final class TopicCheck {

  /** How many clients or topics are shown of each kind. */
  static final int SHOWN = 20;

  /** How many patterns are compared with the topic that do not match it. */
  static final int MAX_COMPARED = 10_000;

  /** The most topics that are known of, see {@link SseBroadcaster#busiestTopics}. */
  private static final int KNOWN_TOPICS = 512;

  private final SseBroadcaster broadcaster;
  private final RecentRefusals refusals;
  private final String topic;
  private final Map<String, Optional<String>> compared = new HashMap<>();
  private final JsonArrayBuilder subscribers = Json.createArrayBuilder();
  private final JsonArrayBuilder muted = Json.createArrayBuilder();
  private final JsonArrayBuilder near = Json.createArrayBuilder();
  private int subscribersFound;
  private int mutedFound;
  private int nearFound;

  /** For a topic, which is one. */
  TopicCheck(SseBroadcaster broadcaster, RecentRefusals refusals, String topic) {
    this.broadcaster = broadcaster;
    this.refusals = refusals;
    this.topic = topic;
  }

  /**
   * Looks.
   *
   * @param client the id or user of those that alone matter; or null for all
   */
  JsonObjectBuilder result(String client) {
    List<SseClient> clients =
        broadcaster.clients().stream()
            .filter(
                each -> client == null || each.id().equals(client) || each.user().equals(client))
            .toList();
    clients.forEach(this::look);
    JsonObjectBuilder json =
        Json.createObjectBuilder()
            .add("topic", topic)
            .add("clients", clients.size())
            .add("subscribers", found(subscribersFound, subscribers))
            .add("muted", found(mutedFound, muted))
            .add("near", found(nearFound, near));
    List<TopicCount> known = broadcaster.busiestTopics(KNOWN_TOPICS);
    known.stream()
        .filter(count -> count.topic().equals(topic))
        .forEach(
            count -> json.add("events", count.events()).add("last", count.last().toEpochMilli()));
    return json.add("topics", nearTopics(known)).add("refused", refused());
  }

  private void look(SseClient client) {
    Map<String, Set<String>> patterns = client.subscription().topics();
    Optional<String> mute =
        client.subscription().muted().stream().filter(this::matches).findFirst();
    List<String> matching = patterns.keySet().stream().filter(this::matches).toList();
    if (matching.isEmpty()) {
      for (String pattern : patterns.keySet()) {
        Optional<String> why = why(pattern);
        if (why.isPresent() && nearFound++ < SHOWN) {
          near.add(json(client).add("pattern", pattern).add("why", why.get()));
        }
      }
    } else if (mute.isPresent()) {
      if (mutedFound++ < SHOWN) {
        muted.add(json(client).add("pattern", mute.get()));
      }
    } else if (subscribersFound++ < SHOWN) {
      // one that takes any sender if there is one; else those of all that match
      Optional<String> any =
          matching.stream().filter(each -> patterns.get(each).isEmpty()).findFirst();
      String pattern = any.orElse(matching.get(0));
      Set<String> senders = new TreeSet<>();
      if (any.isEmpty()) {
        matching.forEach(each -> senders.addAll(patterns.get(each)));
      }
      subscribers.add(json(client).add("pattern", pattern).add("senders", texts(senders)));
    }
  }

  private boolean matches(String pattern) {
    return CompiledPattern.of(pattern).matches(topic);
  }

  /** Clients share patterns, most of the time. */
  private Optional<String> why(String pattern) {
    Optional<String> known = compared.get(pattern);
    if (known == null && compared.size() < MAX_COMPARED) {
      known = NearMiss.of(pattern, topic);
      compared.put(pattern, known);
    }
    return known == null ? Optional.empty() : known;
  }

  private static JsonObjectBuilder found(int count, JsonArrayBuilder shown) {
    return Json.createObjectBuilder().add("count", count).add("shown", shown);
  }

  private static JsonObjectBuilder json(SseClient client) {
    return Json.createObjectBuilder()
        .add("id", client.id())
        .add("type", client.type())
        .add("user", client.user())
        .add("state", client.state().name())
        .add("writer", client.writer())
        .add("queued", client.queued());
  }

  /** Topics that were published, and are nearly this one. */
  private JsonArrayBuilder nearTopics(List<TopicCount> known) {
    JsonArrayBuilder found = Json.createArrayBuilder();
    List<TopicCount> latestFirst = new ArrayList<>(known);
    latestFirst.sort(Comparator.comparing(TopicCount::last).reversed());
    int shown = 0;
    for (TopicCount count : latestFirst) {
      Optional<String> why = NearMiss.of(topic, count.topic());
      if (why.isPresent() && shown++ < SHOWN) {
        found.add(
            Json.createObjectBuilder()
                .add("topic", count.topic())
                .add("events", count.events())
                .add("why", why.get()));
      }
    }
    return found;
  }

  private JsonArrayBuilder refused() {
    JsonArrayBuilder shown = Json.createArrayBuilder();
    refusals.latest().forEach(refusal -> shown.add(json(refusal)));
    return shown;
  }

  private static JsonObject json(Refusal refusal) {
    JsonObjectBuilder json =
        Json.createObjectBuilder()
            .add("at", refusal.at().toEpochMilli())
            .add("status", refusal.status())
            .add("reason", refusal.reason())
            .add("asked", texts(refusal.asked()));
    if (refusal.principal() != null) {
      json.add("principal", refusal.principal());
    }
    if (refusal.address() != null) {
      json.add("address", refusal.address());
    }
    return json.build();
  }

  private static JsonArrayBuilder texts(Collection<String> texts) {
    JsonArrayBuilder array = Json.createArrayBuilder();
    texts.stream().limit(Sampler.MAX_TOPICS).forEach(array::add);
    return array;
  }
}
