package org.starcast.internal.presence;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import org.starcast.SseBroadcaster;
import org.starcast.internal.backplane.ClusterBus;
import org.starcast.internal.cdi.ContainerExecutors;
import org.starcast.internal.json.Json;
import org.starcast.internal.logging.LogMessage;
import org.starcast.presence.Cluster;

/**
 * The bean behind {@link Cluster}: heartbeats, and who is silent. By the positions of commands
 * alone, so that all nodes agree on who is gone. Thread-safe.
 */
@ApplicationScoped
public class ClusterMembership implements Cluster {

  /** What was heard of another node. */
  private static final class Heard {
    private int clients;
    private Instant since;
    private boolean ready;

    /** The number of its last heartbeat. */
    private long number;

    /** How many of this node's own heartbeats came after it. */
    private int silent;

    /**
     * It is not there any more. Its number is kept: should it say something before its next
     * heartbeat, all nodes, itself too, still agree which heartbeat was its last.
     */
    private boolean gone;
  }

  private static final System.Logger LOG = System.getLogger("org.starcast.internal.backplane");
  private static final String HELLO = "node-hello";

  private static final Duration INTERVAL = Duration.ofMillis(2500);
  private static final int MAX_NODES = 1000;

  /** Who is silent for so many heartbeats is gone. */
  private static final int SILENT = 4;

  /** A node that has just started leaves it to others for so many. */
  private static final int NEW = 2 * SILENT;

  /** What was sent and did not come back by then never will. */
  private static final long LOST_NANOS = Duration.ofMinutes(1).toNanos();

  private final ClusterBus bus;
  private final IntSupplier clients;
  private final BooleanSupplier ready;
  private final LongSupplier nanos;
  private final ScheduledExecutorService timer;

  /** Does what a handler must not. */
  private final Executor soon;

  private final Instant since = Instant.now();
  private final Object lock = new Object();

  // guarded by the lock

  private final Map<String, Heard> others = new HashMap<>();
  private long sent;
  private long received;

  /** The number of the last own one that came back. */
  private long own;

  private boolean underWay;
  private long sentAt;
  private boolean full;

  /** For the container's proxy. */
  ClusterMembership() {
    this(null, null, null, null, null, null);
  }

  @Inject
  ClusterMembership(ClusterBus bus, SseBroadcaster broadcaster, ContainerExecutors executors) {
    this(
        bus,
        broadcaster::count,
        () -> broadcaster.health().ready(),
        System::nanoTime,
        executors.scheduler(),
        null);
    listen();
  }

  private ClusterMembership(
      ClusterBus bus,
      IntSupplier clients,
      BooleanSupplier ready,
      LongSupplier nanos,
      ScheduledExecutorService timer,
      Executor soon) {
    this.bus = bus;
    this.clients = clients;
    this.ready = ready;
    this.nanos = nanos;
    this.timer = timer;
    this.soon = soon == null ? timer : soon;
  }

  /** A node that somebody else has {@linkplain #beat beat}, with a clock of nanoseconds. */
  static ClusterMembership of(
      ClusterBus bus,
      IntSupplier clients,
      BooleanSupplier ready,
      LongSupplier nanos,
      Executor soon) {
    ClusterMembership cluster = new ClusterMembership(bus, clients, ready, nanos, null, soon);
    cluster.listen();
    return cluster;
  }

  private void listen() {
    bus.on(ClusterBus.NODE_ALIVE, (at, node, body) -> alive(node, body));
    bus.on(HELLO, (at, node, body) -> hello(node));
    bus.on(ClusterBus.NODE_GONE, (at, node, body) -> gone(body.getString("gone"), body, node));
    bus.on(ClusterBus.PRESENCE, (at, node, body) -> presence(node, body));
    bus.onMissed(this::missed);
    bus.onEnding(this::bye);
  }

  /** Starts with the application, on a thread that knows the container's names. */
  void start(@Observes @Initialized(ApplicationScoped.class) Object application) {
    if (!bus.isShared()) {
      return;
    }
    hello();
    timer.scheduleWithFixedDelay(
        this::beat, INTERVAL.toMillis(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public List<Node> nodes() {
    List<Node> nodes = new ArrayList<>();
    nodes.add(new Node(bus.node(), clients.getAsInt(), since, ready.getAsBoolean(), true));
    synchronized (lock) {
      others.forEach(
          (id, heard) -> {
            if (heard.since != null) {
              nodes.add(new Node(id, heard.clients, heard.since, heard.ready, false));
            }
          });
    }
    nodes.sort(Comparator.comparing(Node::since).thenComparing(Node::id));
    return List.copyOf(nodes);
  }

  @Override
  public int clients() {
    return nodes().stream().mapToInt(Node::clients).sum();
  }

  /** Has the others tell how they stand. */
  void hello() {
    bus.send(HELLO, JsonObject.EMPTY_JSON_OBJECT);
    beat();
  }

  /** Says that this node is there, and who is not. */
  void beat() {
    int count = clients.getAsInt();
    boolean takes = ready.getAsBoolean();
    JsonObject body;
    List<JsonObject> silent = new ArrayList<>();
    synchronized (lock) {
      others.forEach(
          (id, heard) -> {
            if (heard.silent >= SILENT && received >= NEW && !heard.gone) {
              silent.add(
                  Json.createObjectBuilder().add("gone", id).add("last", heard.number).build());
            }
          });
      long now = nanos.getAsLong();
      if (underWay && now - sentAt < LOST_NANOS) {
        body = null;
      } else {
        underWay = true;
        sentAt = now;
        body =
            Json.createObjectBuilder()
                .add("n", ++sent)
                .add("clients", count)
                .add("since", since.toEpochMilli())
                .add("ready", takes)
                .build();
      }
    }
    bus.resend();
    silent.forEach(gone -> bus.send(ClusterBus.NODE_GONE, gone));
    if (body != null) {
      long number = body.getJsonNumber("n").longValue();
      bus.send(ClusterBus.NODE_ALIVE, body)
          .whenComplete(
              (done, failure) -> {
                if (failure != null) {
                  failed(number);
                }
              });
    }
  }

  private void failed(long number) {
    synchronized (lock) {
      if (number == sent) {
        underWay = false;
      }
    }
  }

  private void alive(String node, JsonObject body) {
    long number = body.getJsonNumber("n").longValueExact();
    int count = body.getInt("clients");
    Instant started = Instant.ofEpochMilli(body.getJsonNumber("since").longValueExact());
    boolean takes = body.getBoolean("ready");
    synchronized (lock) {
      if (node.equals(bus.node())) {
        underWay = underWay && number != sent;
        own = number;
        received++;
        others.values().forEach(heard -> heard.silent++);
        return;
      }
      Heard heard = heard(node);
      if (heard != null) {
        heard.number = number;
        heard.clients = Math.max(0, count);
        heard.since = started;
        heard.ready = takes;
        heard.silent = 0;
        heard.gone = false;
      }
    }
  }

  /** Whoever says who is there, is there; and others that it names may be gone unnoticed. */
  private void presence(String node, JsonObject body) {
    synchronized (lock) {
      spoke(node.equals(bus.node()) ? null : heard(node));
      JsonObject named = body.getJsonObject("nodes");
      if (named != null) {
        for (String name : named.keySet()) {
          Heard other = name.equals(bus.node()) ? null : heard(name);
          if (other != null) {
            other.number = Math.max(other.number, named.getJsonNumber(name).longValueExact());
            other.gone = false;
          }
        }
      }
    }
  }

  private static void spoke(Heard heard) {
    if (heard != null) {
      heard.silent = 0;
      heard.gone = false;
    }
  }

  /** Null if there are too many; with the lock held. */
  private Heard heard(String node) {
    Heard heard = others.get(node);
    if (heard == null && others.size() >= MAX_NODES - 1) {
      others.values().removeIf(other -> other.gone);
    }
    if (heard == null && others.size() < MAX_NODES - 1) {
      heard = new Heard();
      others.put(node, heard);
    } else if (heard == null && !full) {
      full = true;
      LogMessage.NODES_UNKNOWN.log(LOG, MAX_NODES);
    }
    return heard;
  }

  private void hello(String node) {
    if (!node.equals(bus.node())) {
      beatSoon();
    }
  }

  private void beatSoon() {
    try {
      soon.execute(this::beat);
    } catch (RejectedExecutionException e) {
      // the application ends, and the others are told so
    }
  }

  private void gone(String node, JsonObject body, String by) {
    boolean self = node.equals(bus.node());
    synchronized (lock) {
      if (!by.equals(node) && !by.equals(bus.node())) {
        // whoever speaks is there, and has to be looked after: it takes over what that node had
        spoke(heard(by));
      }
      Heard heard = others.get(node);
      long last = self ? own : heard == null ? -1 : heard.number;
      if (!by.equals(node) && body.getJsonNumber("last").longValueExact() < last) {
        // who said so was behind
        return;
      }
      if (heard != null) {
        heard.gone = true;
        heard.since = null;
      }
    }
    LogMessage.NODE_GONE.log(LOG, node, by, self ? "; that is this one, which begins anew" : "");
    if (self && !by.equals(node)) {
      beatSoon();
    }
  }

  /** What this node has under way may never come back. */
  private void missed() {
    synchronized (lock) {
      underWay = false;
    }
  }

  /** The node ends. */
  private void bye() {
    if (bus.isShared()) {
      bus.send(ClusterBus.NODE_GONE, Json.createObjectBuilder().add("gone", bus.node()).build());
    }
  }
}
