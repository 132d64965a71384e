package org.starcast.internal.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.starcast.SseClient.CloseReason;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.logging.LogMessage;

/**
 * One drain thread and the clients that it writes for. A client is always drained by the same
 * thread, so that at most one drain of it runs at a time; it takes one turn and then goes to the
 * tail, so that a busy client does not hold back others.
 */
final class Drainer {

  /**
   * Frames from this size on are written alone, from their own bytes, not copied into the batch.
   */
  private static final int DIRECT_BYTES = 8 << 10;

  /** The most events of one turn that its span names. */
  private static final int MAX_SPANS = 128;

  /** Clients that have become ready, some at a time; a block may have free places at its end. */
  private final ConcurrentLinkedQueue<Client[]> ready = new ConcurrentLinkedQueue<>();

  /** Clients that are to end at once, before all others: what they hold is counted as free. */
  private final ConcurrentLinkedQueue<Client> ending = new ConcurrentLinkedQueue<>();

  /** Whose turn it is; of the drain thread alone. */
  private final ArrayDeque<Client> turns = new ArrayDeque<>();

  private final int number;
  private final System.Logger log;
  private final Gzip gzip;
  private final int batchBytes;
  private final byte[] batch;
  private volatile boolean parked;
  private volatile boolean stopped;
  private volatile Thread thread;
  private final Pulse pulse = new Pulse();

  /** Where the bytes of the present turn are: one frame's own, or {@link #batch}. */
  byte[] turnBytes;

  int turnLength;
  int turnFrames;

  /** How many of the turn's frames the accounts count, and have not counted yet. */
  int turnCounted;

  /** When the oldest event of the turn was published that came through a queue; 0 for none. */
  long turnPublished;

  /** The spans of the turn's events; empty unless deliveries are traced. */
  final List<Object> turnSpans = new ArrayList<>(0);

  Drainer(int number, StarcastConfig config, System.Logger log) {
    this.number = number;
    this.log = log;
    this.batchBytes = config.writer().batchBytes();
    this.batch = new byte[batchBytes];
    this.gzip = new Gzip(config.writer().gzipLevel(), config.writer().gzipMinBytes());
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
    gzip.end();
  }

  /** One client's cycle; false if none is due. By the drain thread, or a test in its place. */
  boolean next() {
    for (Client[] block = ready.poll(); block != null; block = ready.poll()) {
      for (int i = 0; i < block.length && block[i] != null; i++) {
        turns.add(block[i]);
      }
    }
    Client client = ending.poll();
    if (client == null) {
      client = turns.poll();
    }
    if (client != null) {
      turn(client);
    }
    return client != null;
  }

  void stop() {
    stopped = true;
    LockSupport.unpark(thread);
  }

  /** Whether it has had work and has taken no turn for so long. */
  boolean stuck(long now, long nanos) {
    return pulse.stuck(pulse.inside() || !ready.isEmpty() || !ending.isEmpty(), now, nanos);
  }

  private void turn(Client client) {
    pulse.beat();
    try {
      if (client.drain(this)) {
        turns.add(client);
      }
    } catch (RuntimeException | Error e) {
      // all other clients of this thread need it
      LogMessage.DRAIN_FAILED.log(log, e);
      client.lost(this);
      client.abortNow(CloseReason.ERROR);
      turns.add(client);
    } finally {
      pulse.beat();
    }
  }

  /** Starts to collect a turn's bytes. */
  void begin() {
    turnBytes = null;
    turnLength = 0;
    turnFrames = 0;
    turnCounted = 0;
    turnPublished = 0;
    turnSpans.clear();
  }

  /** Takes a frame of a queue, which has been added, into the accounts. */
  void count(Frame frame) {
    if (frame.counted) {
      turnCounted++;
      if (turnPublished == 0) {
        turnPublished = frame.published;
      }
      if (frame.span != null && turnSpans.size() < MAX_SPANS) {
        turnSpans.add(frame.span);
      }
    }
  }

  /** Adds a frame to the turn, unless it no longer fits: then false. */
  boolean add(Frame frame, boolean compressed) {
    byte[] bytes = compressed ? frame.deflated(gzip) : frame.bytes();
    int length = compressed ? bytes.length : frame.length();
    if (turnFrames == 0) {
      // a frame alone is written from its own bytes
      turnBytes = bytes;
      turnLength = length;
      turnFrames = 1;
      return true;
    }
    if (turnLength + length > batchBytes || turnFrames == 1 && turnLength >= DIRECT_BYTES) {
      return false;
    }
    if (turnFrames == 1) {
      System.arraycopy(turnBytes, 0, batch, 0, turnLength);
      turnBytes = batch;
    }
    System.arraycopy(bytes, 0, batch, turnLength, length);
    turnLength += length;
    turnFrames++;
    return true;
  }
}
