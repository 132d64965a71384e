package org.starcast.internal.engine;

import java.util.ArrayDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.starcast.SseClient.CloseReason;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.logging.LogMessage;

/**
 * One thread that writes, and its clients. A client is always written to by the same thread, so
 * that at most one {@link ClientCycle cycle} of it runs at a time; after one cycle it goes to the
 * list's tail, so that a busy client does not hold back others.
 */
final class WriterLoop {

  /** Clients that have become ready, some at a time; a block may have free places at its end. */
  private final ConcurrentLinkedQueue<Client[]> ready = new ConcurrentLinkedQueue<>();

  /** Clients that are to end at once, before all others: what they hold is counted as free. */
  private final ConcurrentLinkedQueue<Client> ending = new ConcurrentLinkedQueue<>();

  /** Whose cycle comes next; of this thread alone. */
  private final ArrayDeque<Client> scheduled = new ArrayDeque<>();

  private final int number;
  private final System.Logger log;
  private final WriteBatch batch;
  private final ClientCycle cycle;
  private volatile boolean parked;
  private volatile boolean stopped;
  private volatile Thread thread;
  private final StallDetector pulse = new StallDetector();

  WriterLoop(int number, StarcastConfig config, System.Logger log) {
    this.number = number;
    this.log = log;
    this.batch = new WriteBatch(config);
    this.cycle = new ClientCycle(batch);
  }

  /** Which of the engine's it is, from 0. */
  int number() {
    return number;
  }

  /** Has the client drained soon; the caller has seen to it that it is not waiting already. */
  void ready(Client client) {
    ready(new Client[] {client});
    wake();
  }

  /** As {@link #ready(Client)}, of a client that is being aborted: before all others. */
  void readyToEnd(Client client) {
    ending.add(client);
    wake();
  }

  /**
   * As {@link #ready(Client)}, for a caller who will {@link #wake} when it has no more: so that the
   * drain thread does not take a processor from one who publishes to many.
   *
   * @param clients is not changed any more; ends at the first null
   */
  void ready(Client[] clients) {
    ready.add(clients);
  }

  /** Goes on if there is something to do. */
  void wake() {
    if (parked) {
      LockSupport.unpark(thread);
    }
  }

  /** The drain thread's work, until {@link #stop}. */
  void run() {
    thread = Thread.currentThread();
    while (!stopped) {
      if (next()) {
        continue;
      }
      parked = true;
      if (ready.isEmpty() && ending.isEmpty() && !stopped) {
        LockSupport.park(this);
      }
      parked = false;
    }
    batch.end();
  }

  /** One client's cycle; false if none is due. By the drain thread, or a test in its place. */
  boolean next() {
    for (Client[] block = ready.poll(); block != null; block = ready.poll()) {
      for (int i = 0; i < block.length && block[i] != null; i++) {
        scheduled.add(block[i]);
      }
    }
    Client client = ending.poll();
    if (client == null) {
      client = scheduled.poll();
    }
    if (client != null) {
      runCycle(client);
    }
    return client != null;
  }

  void stop() {
    stopped = true;
    LockSupport.unpark(thread);
  }

  /** Whether it has had work and has begun no cycle for so long. */
  boolean stuck(long now, long nanos) {
    return pulse.stuck(pulse.inside() || !ready.isEmpty() || !ending.isEmpty(), now, nanos);
  }

  private void runCycle(Client client) {
    pulse.beat();
    try {
      if (cycle.run(client)) {
        scheduled.add(client);
      }
    } catch (RuntimeException | Error e) {
      // all other clients of this thread need it
      LogMessage.DRAIN_FAILED.log(log, e);
      cycle.lost(client);
      client.abortNow(CloseReason.ERROR);
      scheduled.add(client);
    } finally {
      pulse.beat();
    }
  }
}
