package org.starcast.internal.engine;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseStatistics.Metric;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.internal.topic.TopicIndex;
import org.starcast.internal.topic.TopicName;

/**
 * The clients of this node, by id and by what they are subscribed to, and who is notified when one
 * opens or ends. Thread-safe.
 */
final class ClientRegistry {

  private final Map<String, Client> clients = new ConcurrentHashMap<>();
  private final TopicIndex<Client> index;
  private final AdmissionControl admission;
  private final Statistics statistics;
  private final LifecycleNotifier notifier;
  private final EngineListener listener;
  private final Executor executor;
  private final UnheardTopics unheard;
  private final AtomicInteger revocations = new AtomicInteger();

  /**
   * Without clients.
   *
   * @param topicCache how many topics are kept with the clients they resolve to
   * @param executor runs what depends on the end of a client
   */
  ClientRegistry(
      int topicCache,
      AdmissionControl admission,
      Statistics statistics,
      LifecycleNotifier notifier,
      EngineListener listener,
      Executor executor) {
    this.index = new TopicIndex<>(topicCache);
    this.admission = admission;
    this.statistics = statistics;
    this.notifier = notifier;
    this.listener = listener;
    this.executor = executor;
    this.unheard = new UnheardTopics(clients.values(), executor);
  }

  /**
   * Registers a client; a message without topics is offered to it from now on.
   *
   * @throws IllegalArgumentException if its id is in use
   */
  void add(Client client) {
    if (clients.putIfAbsent(client.id(), client) != null) {
      throw new IllegalArgumentException("clientId: is in use");
    }
  }

  /** A client that did not come to have a stream. */
  void abandon(Client client) {
    client.abandon();
    remove(client);
  }

  private void remove(Client client) {
    index.remove(client);
    if (clients.remove(client.id(), client)) {
      admission.release(client.principal().orElse(null), client.address());
    }
  }

  // ---- what becomes of them

  /** The client's stream is open. */
  void opened(Client client) {
    statistics.increment(Metric.OPENED);
    notifier.tell(() -> listener.opened(client));
  }

  /** Has the client's {@link SseClient#whenClosed} completed where that may take its time. */
  void tellClosed(Client client, CloseReason reason) {
    notifier.tell(() -> client.tellClosed(reason));
  }

  /** The client's response has ended, or has been given up; called once. */
  void closed(Client client, CloseReason reason, boolean wasOpen) {
    statistics.closed(reason);
    notifier.tell(
        () -> {
          client.tellClosed(reason);
          if (wasOpen) {
            listener.closed(client, reason);
          }
        });
    // last: when there are no clients, all ends have been handed over
    remove(client);
  }

  /** Completes a future where what depends on it may take its time. */
  void complete(CompletableFuture<Boolean> future, boolean value) {
    try {
      executor.execute(() -> future.complete(value));
    } catch (RejectedExecutionException e) {
      // the application is being stopped and its executor with it
      notifier.tell(() -> future.complete(value));
    }
  }

  /**
   * Closes clients at once.
   *
   * @return how many
   */
  int revoke(Predicate<SseClient> revoked) {
    revocations.incrementAndGet();
    int closed = 0;
    for (Client client : clients.values()) {
      if (revoked.test(client) && client.abortNow(CloseReason.REVOKED)) {
        closed++;
      }
    }
    return closed;
  }

  /** How often something was revoked: what was permitted before is to be asked for again. */
  int revocations() {
    return revocations.get();
  }

  // ---- what they are subscribed to

  void subscribe(Client client, String pattern, Set<String> senders) {
    index.subscribe(client, CompiledPattern.of(pattern), senders);
  }

  void unsubscribe(Client client, String pattern) {
    index.unsubscribe(client, CompiledPattern.of(pattern));
  }

  void mute(Client client, String... patterns) {
    for (String pattern : patterns) {
      index.mute(client, CompiledPattern.of(pattern));
    }
  }

  void unmute(Client client, String... patterns) {
    for (String pattern : patterns) {
      index.unmute(client, CompiledPattern.of(pattern));
    }
  }

  /** Subscribes a client to nothing any more. */
  void unsubscribe(Client client) {
    index.remove(client);
  }

  /** An event on these topics, one of which is new, has reached nobody. */
  void reportUnheard(List<String> topics) {
    unheard.report(topics);
  }

  // ---- who they are

  /** The client with this id, or null. */
  Client get(String id) {
    return clients.get(id);
  }

  /** All clients, as of now and from now on. */
  Collection<Client> all() {
    return clients.values();
  }

  /** Passes all clients on. */
  void forEach(Consumer<? super Client> action) {
    clients.values().forEach(action);
  }

  /** Passes on the clients that a message would reach, each once. */
  void forEachMatch(List<String> topics, String sender, Consumer<? super Client> action) {
    index.forEachMatch(topics, sender, action);
  }

  /** The clients that a message on this topic would reach, whoever sends it. */
  List<SseClient> on(String topic) {
    List<SseClient> found = new ArrayList<>();
    index.forEachOn(TopicName.check(topic), found::add);
    return found;
  }

  /** How many clients a message on this topic would reach, whoever sends it. */
  int countOn(String topic) {
    return index.countOn(topic);
  }

  /** How often a topic's clients were known, without looking at patterns. */
  long topicHits() {
    return index.hits();
  }

  /** How often they were not. */
  long topicMisses() {
    return index.misses();
  }
}
