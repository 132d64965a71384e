package org.starcast.internal.presence;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadFactory;
import java.util.function.Supplier;
import org.starcast.SseStatistics.BackplaneStatus;
import org.starcast.internal.backplane.ClusterBus;
import org.starcast.internal.backplane.MemoryStream;
import org.starcast.internal.wire.EventId;
import org.starcast.spi.Backplane;
import org.starcast.spi.BackplaneException;
import org.starcast.spi.OutgoingEvent;
import org.starcast.spi.StoredEvent;

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
    public CompletionStage<Long> append(OutgoingEvent envelope) {
      return failsAppends
          ? CompletableFuture.failedStage(new BackplaneException("does not", false, null))
          : send(holdsAppends, () -> stream.append(envelope));
    }

    @Override
    public CompletionStage<Void> command(String type, byte[] body) {
      sent++;
      if (failsCommands) {
        return CompletableFuture.failedStage(new BackplaneException("does not", false, null));
      }
      return send(false, () -> stream.command(type, body));
    }

    private <T> CompletionStage<T> send(boolean holds, Supplier<CompletionStage<T>> sending) {
      if (!away && !holds) {
        return sending.get();
      }
      if (!buffers && !holds) {
        return CompletableFuture.failedStage(new BackplaneException("is away", false, null));
      }
      CompletableFuture<T> done = new CompletableFuture<>();
      waiting.add(() -> sending.get().thenAccept(done::complete));
      return done;
    }

    @Override
    public boolean isShared() {
      return true;
    }

    @Override
    public CompletionStage<List<StoredEvent>> read(long from, long to) {
      return stream.read(from, to);
    }

    @Override
    public long oldest() {
      return stream.oldest();
    }

    @Override
    public BackplaneStatus status() {
      return new BackplaneStatus("memory", !away, 0, 0, 0, 0, 0, 0, 0, Duration.ZERO);
    }

    @Override
    public void close() {
      stream.close();
    }
  }

  /** Hands commands on. */
  private final class Receiver implements Backplane.Receiver {
    private String current;

    @Override
    public void began(String epoch, long after, List<? extends StoredEvent> states) {
      if (current != null) {
        commands.missed();
      }
      current = epoch;
    }

    @Override
    public void received(StoredEvent event, OutgoingEvent envelope) {
      if (envelope.key() != null) {
        commands.stored(new EventId(current, event.sequence()), envelope.key());
      }
    }

    @Override
    public void missed(long upTo) {
      commands.missed();
    }

    @Override
    public void commanded(long sequence, String type, byte[] body) {
      commands.received(new EventId(current, sequence), type, body);
    }

    @Override
    public List<? extends StoredEvent> states() {
      return List.of();
    }
  }

  private final MemoryStream.Node stream;
  private final Reach reach = new Reach();
  private final ClusterBus commands = new ClusterBus(reach);
  private final Queue<Runnable> soon = new ArrayDeque<>();
  private final ClusterMembership cluster;
  private boolean failsAppends;
  private boolean failsCommands;
  private boolean holdsAppends;
  private int clients;
  private boolean ready = true;
  private long nanos;
  private int sent;

  /** A node that has received what there is, and said nothing. */
  public ClusterNode(MemoryStream stream) {
    this.stream = stream.node();
    cluster = ClusterMembership.of(commands, () -> clients, () -> ready, () -> nanos, soon::add);
    reach.start(new Receiver(), null);
  }

  /** Its commands. */
  public ClusterBus commands() {
    return commands;
  }

  /** Its list of nodes. */
  public ClusterMembership cluster() {
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

  /** What is appended waits until {@link #back}. */
  public void holdAppends() {
    holdsAppends = true;
  }

  /** What is appended fails, or no longer. */
  public void failAppends(boolean fails) {
    failsAppends = fails;
  }

  /** What waits to be appended, or sent. */
  int held() {
    return reach.waiting.size();
  }

  /** Its commands fail, or no longer. */
  void failCommands(boolean fails) {
    failsCommands = fails;
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
    holdsAppends = false;
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
