package org.starcast.presence;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadFactory;
import java.util.function.Consumer;
import org.starcast.SseStatistics.BackplaneStatus;
import org.starcast.internal.backplane.Commands;
import org.starcast.internal.backplane.MemoryStream;
import org.starcast.spi.Backplane;
import org.starcast.spi.BackplaneException;
import org.starcast.spi.Envelope;
import org.starcast.spi.LoggedEvent;

/**
 * A node of a {@link MemoryStream} without clients: its commands, and its list of nodes, with time
 * and threads as a test has them. Not thread-safe.
 */
public final class ClusterNode {

  /** Can be out of reach: commands fail, or wait; the node receives nothing. */
  private final class Reach implements Backplane {
    private final Queue<Runnable> waiting = new ArrayDeque<>();
    private boolean away;
    private boolean buffers;

    @Override
    public CompletionStage<Void> start(Receiver receiver, ThreadFactory threads) {
      return stream.start(receiver, threads);
    }

    @Override
    public CompletionStage<Long> append(Envelope envelope) {
      return stream.append(envelope);
    }

    @Override
    public CompletionStage<Void> command(String type, byte[] body) {
      sent++;
      if (!away) {
        return stream.command(type, body);
      }
      if (!buffers) {
        return CompletableFuture.failedStage(new BackplaneException("is away", false, null));
      }
      CompletableFuture<Void> done = new CompletableFuture<>();
      waiting.add(
          () -> {
            stream.command(type, body);
            done.complete(null);
          });
      return done;
    }

    @Override
    public boolean isShared() {
      return true;
    }

    @Override
    public CompletionStage<List<LoggedEvent>> read(long from, long to) {
      return stream.read(from, to);
    }

    @Override
    public long oldest() {
      return stream.oldest();
    }

    @Override
    public BackplaneStatus status() {
      return new BackplaneStatus("memory", !away, 0, 0, 0, 0, 0, 0, 0);
    }

    @Override
    public void close() {
      stream.close();
    }
  }

  /** Hands commands on. */
  private final class Receiver implements Backplane.Receiver {
    private boolean began;

    @Override
    public void began(String epoch, long after, List<? extends LoggedEvent> states) {
      if (began) {
        commands.missed();
      }
      began = true;
    }

    @Override
    public void received(LoggedEvent event, Envelope envelope) {
      // nobody listens
    }

    @Override
    public void missed(long upTo) {
      commands.missed();
    }

    @Override
    public void commanded(String type, byte[] body) {
      commands.received(type, body);
    }

    @Override
    public List<? extends LoggedEvent> states() {
      return List.of();
    }
  }

  private final MemoryStream.Node stream;
  private final Reach reach = new Reach();
  private final Commands commands = new Commands();
  private final Queue<Runnable> soon = new ArrayDeque<>();
  private final Cluster cluster;
  private int clients;
  private boolean ready = true;
  private long nanos;
  private int sent;

  /** A node that has received what there is, and said nothing. */
  public ClusterNode(MemoryStream stream) {
    this.stream = stream.node();
    commands.bind(reach);
    cluster = Cluster.of(commands, () -> clients, () -> ready, () -> nanos, soon::add);
    reach.start(new Receiver(), null);
  }

  /** Its commands. */
  public Commands commands() {
    return commands;
  }

  /** Its list of nodes. */
  public Cluster cluster() {
    return cluster;
  }

  /** Sends a heartbeat, unless one is under way. */
  public void beat() {
    cluster.beat();
  }

  /** Does what was to be done soon. */
  public void work() {
    for (Runnable task = soon.poll(); task != null; task = soon.poll()) {
      task.run();
    }
  }

  /**
   * Publishes: at once, or when it is back; or not at all.
   *
   * @param event is run when the event has its place
   * @param done is then told, with the failure if there is one
   */
  public void publish(Runnable event, Consumer<Throwable> done) {
    if (!reach.away) {
      event.run();
      done.accept(null);
    } else if (reach.buffers) {
      reach.waiting.add(
          () -> {
            event.run();
            done.accept(null);
          });
    } else {
      done.accept(new BackplaneException("is away", false, null));
    }
  }

  /** Has its place in the order, for all nodes, whether this one is out of reach or not. */
  public void place(String type, JsonObject body) {
    JsonObject named = Json.createObjectBuilder(body).add("node", commands.node()).build();
    stream.command(type, named.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** Receives nothing from now on, or all again. */
  public void lag(boolean lags) {
    stream.lag(lags);
  }

  /** Cannot send, and receives nothing; what it sends fails, or waits until it is back. */
  public void away(boolean buffers) {
    lag(true);
    reach.away = true;
    reach.buffers = buffers;
  }

  /** Is back. */
  public void back() {
    reach.away = false;
    for (Runnable next = reach.waiting.poll(); next != null; next = reach.waiting.poll()) {
      next.run();
    }
    lag(false);
  }

  /** Is no more, and says nothing of it. */
  public void kill() {
    stream.close();
    reach.away = true;
  }

  /** How many clients it has, and whether it takes more. */
  void has(int count, boolean takes) {
    clients = count;
    ready = takes;
  }

  /** Lets time pass. */
  public void pass(long more) {
    nanos += more;
  }

  /** What its clock says. */
  public long nanos() {
    return nanos;
  }

  /** How many commands it has sent, or tried to. */
  public int sent() {
    return sent;
  }
}
