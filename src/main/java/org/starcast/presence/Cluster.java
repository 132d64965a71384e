package org.starcast.presence;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.json.Json;
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
import org.starcast.internal.backplane.Commands;
import org.starcast.internal.cdi.ContainerExecutors;
import org.starcast.internal.logging.LogMessage;

/**
 * The nodes that share the backplane, this one included. Inject it anywhere; thread-safe; no method
 * waits.
 *
 * <p>Each node tells the others every 2.5 s how it stands, so what is known of them is about that
 * old. A node that stops says so; of one that says nothing more, the others do after four of their
 * own heartbeats, about 10 s. The time for that is the order of events, so a node that cannot reach
 * the backplane, or is behind, takes nobody for gone: it goes on to know what it knew. Where the
 * backplane is not shared, this node is the only one, and nothing is sent. At most 1,000 nodes are
 * known.
 */
@ApplicationScoped
public class Cluster {

  /**
   * A node.
   *
   * @param id its name, which no other has, nor this one after a restart
   * @param clients how many clients it has
   * @param since when it started, by its own clock
   * @param ready whether it takes clients: not once it drains
   * @param self whether it is the one that was asked
   */
  public record Node(String id, int clients, Instant since, boolean ready, boolean self) {}

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
  private static final String GONE = "node-gone";

  private static final Duration INTERVAL = Duration.ofMillis(2500);
  private static final int MAX_NODES = 1000;

  /** Who is silent for so many heartbeats is gone. */
  private static final int SILENT = 4;

  /** A node that has just started leaves it to others for so many. */
  private static final int NEW = 2 * SILENT;

  /** What was sent and did not come back by then never will. */
  private static final long LOST_NANOS = Duration.ofMinutes(1).toNanos();

  private final Commands commands;
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
  Cluster() {
    this(null, null, null, null, null, null);
  }

  @Inject
  Cluster(Commands commands, SseBroadcaster broadcaster, ContainerExecutors executors) {
    this(
        commands,
        broadcaster::count,
        () -> broadcaster.health().ready(),
        System::nanoTime,
        executors.scheduler(),
        null);
    listen();
  }

  private Cluster(
      Commands commands,
      IntSupplier clients,
      BooleanSupplier ready,
      LongSupplier nanos,
      ScheduledExecutorService timer,
      Executor soon) {
    this.commands = commands;
    this.clients = clients;
    this.ready = ready;
    this.nanos = nanos;
    this.timer = timer;
    this.soon = soon == null ? timer : soon;
  }

  /** A node that somebody else has {@linkplain #beat beat}, with a clock of nanoseconds. */
  static Cluster of(
      Commands commands,
      IntSupplier clients,
      BooleanSupplier ready,
      LongSupplier nanos,
      Executor soon) {
    Cluster cluster = new Cluster(commands, clients, ready, nanos, null, soon);
    cluster.listen();
    return cluster;
  }

  private void listen() {
    commands.on(Commands.NODE_ALIVE, this::alive);
    commands.on(HELLO, (node, body) -> hello(node));
    commands.on(GONE, (node, body) -> gone(body.getString("gone"), body, node));
    // whoever tells who is there, is there
    commands.on(Commands.PRESENCE, (node, body) -> signOfLife(node));
    commands.onMissed(this::missed);
    commands.onEnding(this::bye);
  }

  /** Starts with the application, on a thread that knows the container's names. */
  void start(@Observes @Initialized(ApplicationScoped.class) Object application) {
    // asked first, as it is what binds the commands to a backplane
    clients.getAsInt();
    if (!commands.isShared()) {
      return;
    }
    hello();
    timer.scheduleWithFixedDelay(
        this::beat, INTERVAL.toMillis(), INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** The nodes, those that started first first. */
  public List<Node> nodes() {
    List<Node> nodes = new ArrayList<>();
    nodes.add(new Node(commands.node(), clients.getAsInt(), since, ready.getAsBoolean(), true));
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

  /** How many clients all nodes have. */
  public int clients() {
    return nodes().stream().mapToInt(Node::clients).sum();
  }

  /** Has the others tell how they stand. */
  void hello() {
    commands.send(HELLO, JsonObject.EMPTY_JSON_OBJECT);
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
    commands.resend();
    silent.forEach(gone -> commands.send(GONE, gone));
    if (body != null) {
      long number = body.getJsonNumber("n").longValue();
      commands
          .send(Commands.NODE_ALIVE, body)
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
      if (node.equals(commands.node())) {
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

  private void signOfLife(String node) {
    synchronized (lock) {
      Heard heard = node.equals(commands.node()) ? null : heard(node);
      if (heard != null) {
        heard.silent = 0;
        heard.gone = false;
      }
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
    if (!node.equals(commands.node())) {
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
    boolean self = node.equals(commands.node());
    synchronized (lock) {
      Heard heard = others.get(node);
      long last = self ? own : heard == null ? -1 : heard.number;
      if (last >= 0 && !by.equals(node) && last != body.getJsonNumber("last").longValueExact()) {
        // who said so was behind
        return;
      }
      if (heard != null) {
        heard.gone = true;
        heard.since = null;
      }
    }
    LogMessage.NODE_GONE.log(LOG, node, by, self ? "; that is this one, which begins anew" : "");
    commands.gone(node, by);
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
    if (commands.isShared()) {
      commands.send(GONE, Json.createObjectBuilder().add("gone", commands.node()).build());
    }
  }
}
