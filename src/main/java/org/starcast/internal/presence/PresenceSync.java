package org.starcast.internal.presence;

import jakarta.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import org.starcast.internal.backplane.ClusterBus;
import org.starcast.internal.logging.LogMessage;
import org.starcast.internal.presence.PresenceEntry.Key;
import org.starcast.internal.presence.PresenceState.Transition;
import org.starcast.internal.wire.EventId;
import org.starcast.internal.wire.LibraryEvents;
import org.starcast.presence.PresenceEvent;

/**
 * Ties a {@link PresenceReplication} to the other nodes: hands it what comes by the bus, and sends
 * what it has to send. Handlers only change state; what is sent is sent by the worker. Thread-safe.
 */
final class PresenceSync {

  private static final System.Logger LOG = System.getLogger("org.starcast.presence");

  /** The most messages that are published at a time, so that they leave room for other events. */
  private static final int MAX_PUBLISHING = 1000;

  private final ClusterBus bus;
  private final Executor worker;
  private final Runnable events;
  private final Object lock = new Object();

  // guarded by the lock

  private final PresenceReplication replication;
  private boolean flushing;
  private int publishing;

  /**
   * With all the other nodes.
   *
   * @param grace how long users of a node that stopped may take to come to another
   * @param nanos a clock
   * @param worker runs what sends, soon, on a thread that is no handler's
   * @param events is run, by the worker, when there may be an {@link #event}
   */
  PresenceSync(
      ClusterBus bus, Duration grace, LongSupplier nanos, Executor worker, Runnable events) {
    this.bus = bus;
    this.worker = worker;
    this.events = events;
    this.replication = new PresenceReplication(bus.node(), grace, nanos);
    bus.on(
        ClusterBus.PRESENCE,
        (at, node, body) -> {
          PresenceCommand command = PresenceCommand.of(body);
          change(() -> replication.command(at, node, command));
        });
    bus.on(
        ClusterBus.NODE_ALIVE,
        (at, node, body) -> {
          long number = body.getJsonNumber("n").longValueExact();
          change(() -> replication.heartbeat(at, node, number));
        });
    bus.on(ClusterBus.NODE_GONE, this::gone);
    bus.onStored((at, key) -> change(() -> replication.stored(at, key)));
    bus.onMissed(() -> change(replication::missed));
    bus.onEnding(() -> change(replication::end));
  }

  private void gone(EventId at, String by, JsonObject body) {
    String node = body.getString("gone");
    long last = node.equals(by) ? 0 : body.getJsonNumber("last").longValueExact();
    change(() -> replication.gone(at, node, last, by));
  }

  private void change(Runnable change) {
    synchronized (lock) {
      try {
        change.run();
      } finally {
        soon();
      }
    }
  }

  /** Something of this node's connections is so from now on; null for nothing. */
  void set(Key key, PresenceEntry entry) {
    change(() -> replication.set(key, entry));
  }

  /** The entries of a topic at the other nodes. */
  void others(String topic, PresenceState.Visitor visitor) {
    synchronized (lock) {
      PresenceState state = replication.state();
      state.visit(
          topic,
          (node, key, entry) -> {
            if (!node.equals(bus.node())) {
              visitor.visit(node, key, state.stopped().contains(node) ? entry.closed() : entry);
            }
          });
    }
  }

  /** The topics, and patterns, where anybody is. */
  Set<String> topics() {
    synchronized (lock) {
      return Set.copyOf(replication.state().topics());
    }
  }

  /** The next join or leave that this node is to tell the application; null for none. */
  PresenceEvent event() {
    synchronized (lock) {
      return replication.event();
    }
  }

  /** To be called every {@link PresenceReplication#TICK}. */
  void tick() {
    change(replication::tick);
  }

  /** With the lock held. */
  private void soon() {
    if (!flushing) {
      flushing = true;
      try {
        worker.execute(this::flush);
      } catch (RejectedExecutionException e) {
        // the application has ended
        flushing = false;
      }
    }
  }

  /** Sends and publishes what there is. */
  private void flush() {
    boolean available = bus.isAvailable();
    boolean happened;
    JsonObject command = null;
    List<Transition> messages = new ArrayList<>();
    synchronized (lock) {
      flushing = false;
      if (available) {
        for (Transition next = next(); next != null; next = next()) {
          messages.add(next);
        }
        command = replication.command();
      }
      happened = replication.hasEvent();
    }
    messages.forEach(this::publish);
    if (command != null) {
      send(command);
    }
    if (happened) {
      events.run();
    }
  }

  private void send(JsonObject command) {
    long number = command.getJsonNumber("n").longValue();
    bus.send(ClusterBus.PRESENCE, command)
        .whenComplete(
            (done, failure) -> {
              if (failure != null) {
                // the next tick goes on
                synchronized (lock) {
                  replication.failed(number);
                }
              }
            });
  }

  private Transition next() {
    Transition next = publishing < MAX_PUBLISHING ? replication.message() : null;
    publishing += next == null ? 0 : 1;
    return next;
  }

  private void publish(Transition message) {
    PresenceEvent event = message.event();
    bus.publish(
            LibraryEvents.PRESENCE_TOPICS + event.topic(),
            LibraryEvents.PRESENCE,
            PresenceTracker.data(event),
            message.id())
        .whenComplete((sequence, failure) -> published(message, failure));
  }

  private void published(Transition message, Throwable failure) {
    synchronized (lock) {
      boolean full = publishing-- >= MAX_PUBLISHING;
      if (failure != null) {
        LogMessage.PRESENCE_RETRIED.log(LOG, failure);
        replication.failed(message);
      } else if (full) {
        soon();
      }
    }
  }
}
