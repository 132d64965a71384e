package org.starcast.internal.backplane;

import io.nats.client.Connection;
import io.nats.client.Message;
import io.nats.client.impl.Headers;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.starcast.SseStatistics.BackplaneStatus;
import org.starcast.spi.BackplaneException;
import org.starcast.spi.OutgoingEvent;

/**
 * What this node publishes, until the broker has answered: sent without waiting for the answers
 * before, and once more, in order and with the same message id, where answers did not come. What
 * may be stored is never sent again when the stream's duplicate window is over, less 5 s: it fails
 * as unknown. Bounded in count and bytes. Thread-safe; no method waits for the broker but {@link
 * #awaitEmpty}.
 *
 * <pre>
 * PAUSED ──resume──► OPEN ◄─────────────── resume ─────────────────┐
 *   │ resume, where something may be stored, or was refused        │
 *   └──► PROBING ──something may still be stored──► AWAIT_READ ────┘
 *           └──the one is answered, and nothing else may be──► OPEN
 *
 * OPEN ──an answer overtakes another──► OVERTAKEN ──that one comes──► OPEN
 * any ──pause; the broker is busy; the connection has ended──► PAUSED
 * any ──resume, when {@link #expire} says that an answer is overdue──► as from PAUSED
 * </pre>
 *
 * <p>The broker answers in order, so nothing new is sent while an answer is missing that should
 * have come before one that came: what a broker that fails has lost is overtaken by what was under
 * way with it, and by nothing else.
 *
 * <p>As little as possible is repeated. Servers of a cluster that have to refuse thousands of
 * repeats just when their leader was lost may come to disagree (nats-server 2.9), or acknowledge
 * what is not stored (2.10). So what the node has read from the stream meanwhile is not sent again;
 * of the rest the first goes alone, and the others when it was answered, which shows that the new
 * leader has applied all that the last one left, and when the node has read that, too. After a
 * refusal the first goes alone as well, so that a broker which is back while they are repeated does
 * not store the rest before it.
 *
 * <p>Over 500 lines, as all states and what may be sent in each are here, under one monitor.
 */
public final class NatsOutbox {

  // what may be under way at a time; newer brokers refuse more than 10,000 of all publishers
  private static final int WINDOW_EVENTS = 2_048;
  private static final long WINDOW_BYTES = 8 << 20;

  /** The broker forgets message ids after its window: this much earlier nothing is repeated. */
  private static final long MARGIN_NANOS = Duration.ofSeconds(5).toNanos();

  /** No answer for so long: sent again; twice as long each time, up to 16 times. */
  private static final long ACK_TIMEOUT_NANOS = Duration.ofSeconds(5).toNanos();

  /** As {@link #ACK_TIMEOUT_NANOS}, for one that goes alone; twice as long with each of them. */
  private static final long PROBE_NANOS = Duration.ofMillis(500).toNanos();

  /** An answer that was overtaken comes within this time, or never. */
  private static final long OVERTAKEN_NANOS = Duration.ofMillis(500).toNanos();

  /**
   * What is in process for longer, and is not in the stream, never will be: up to 2.10 a leader
   * that was one before keeps the ids of what it could not store then.
   */
  private static final long IN_PROCESS_NANOS = Duration.ofSeconds(5).toNanos();

  private enum Flow {
    /** Nothing is sent, until {@link #resume}. */
    PAUSED,

    /** One is sent, and no other before it is answered. */
    PROBING,

    /** Something was answered: the node is to read what the stream has, and to {@link #resume}. */
    AWAIT_READ,

    /** All is sent as it comes, up to what may be under way. */
    OPEN,

    /** As PAUSED, until {@link #overtaken} is answered, or overdue. */
    OVERTAKEN
  }

  private final int maxEvents;
  private final long maxBytes;
  private final long timeoutNanos;
  private final String timeoutProblem;
  private final Runnable refused;
  private final LongSupplier nanos;

  // all of these are guarded by this
  private final Map<Long, OutboxEntry> pending = new LinkedHashMap<>();
  private final ArrayDeque<OutboxEntry> unsent = new ArrayDeque<>();
  private final OwnMessages own;
  private long numbers;
  private long bytes;
  private int underWay;
  private long underWayBytes;

  private Flow flow = Flow.PAUSED;

  /** Of the last {@link #resume}. */
  private Connection connection;

  private String inbox;
  private long windowNanos;

  /** By which the last probe was answered: with the same one there is no other; or null. */
  private Connection probed;

  /** How many resumes in succession have sent one alone, this one with them. */
  private int probes;

  /** Whether the broker has refused something, and has not answered the one sent alone since. */
  private boolean away;

  /** The oldest one, whose answer a later one's has come before, and when that was. */
  private OutboxEntry overtaken;

  private long overtakenAt;
  private boolean sealed;
  private long stored;
  private long failed;
  private long repeated;

  /**
   * An empty outbox.
   *
   * @param timeout after which a message has failed
   * @param key what the text of that failure begins with
   * @param refused told when the broker could not take something, but may soon: the caller is to
   *     {@link #resume} when it can
   * @param nanos the clock
   */
  public NatsOutbox(
      int maxEvents,
      long maxBytes,
      Duration timeout,
      String key,
      Runnable refused,
      LongSupplier nanos) {
    this.maxEvents = maxEvents;
    this.maxBytes = maxBytes;
    this.timeoutNanos = timeout.toNanos();
    this.timeoutProblem = key + "no answer within " + timeout;
    this.refused = refused;
    this.nanos = nanos;
    this.own = new OwnMessages(maxEvents, maxBytes);
  }

  /**
   * Takes a message.
   *
   * @param envelope what it is made of, or null
   * @param failsWhenAway whether it fails at once while there is no broker
   */
  public CompletableFuture<Long> append(
      NatsWire.Outgoing message, OutgoingEvent envelope, boolean failsWhenAway) {
    OutboxEntry entry;
    List<OutboxEntry> outcomes = new ArrayList<>(0);
    synchronized (this) {
      int size = message.size();
      String problem = null;
      if (sealed) {
        problem = "the application ends";
      } else if (failsWhenAway && flow == Flow.PAUSED) {
        problem = "the broker is away";
      } else if (pending.size() >= maxEvents) {
        problem = "starcast.backplane.buffer-events: " + maxEvents + " events wait already";
      } else if (bytes + size > maxBytes) {
        problem = "starcast.backplane.buffer-bytes: more than " + maxBytes + " bytes would wait";
      }
      if (problem != null) {
        failed++;
        return CompletableFuture.failedFuture(new BackplaneException(problem, false, null));
      }
      long number = ++numbers;
      entry = new OutboxEntry(number, message, nanos.getAsLong());
      own.identify(entry);
      bytes += entry.size;
      pending.put(number, entry);
      unsent.add(entry);
      if (envelope != null) {
        own.keep(number, envelope);
      }
      pump(outcomes);
    }
    outcomes.forEach(OutboxEntry::tell);
    return entry.result;
  }

  /**
   * Whether something may be stored though nobody has said so, so that the caller is to read what
   * the stream has before it calls {@link #resume}.
   */
  synchronized boolean isUncertain() {
    return pending.values().stream().anyMatch(entry -> entry.read == 0 && entry.isUnknown());
  }

  /**
   * Sends all that is not answered and was not read, in order, and then what comes.
   *
   * @param inbox the subject that answers come to, less its last token
   * @param window how long the broker knows message ids
   * @param read whether {@link #read} was told of all that the stream had a moment ago
   */
  public void resume(Connection connection, String inbox, Duration window, boolean read) {
    List<OutboxEntry> outcomes = new ArrayList<>();
    synchronized (this) {
      this.connection = connection;
      this.inbox = inbox;
      this.windowNanos = window.toNanos();
      long now = nanos.getAsLong();
      for (OutboxEntry entry : List.copyOf(pending.values())) {
        if (entry.read > 0) {
          outcomes.add(store(entry, entry.read));
        } else if (read && entry.inProcess != 0 && now - entry.inProcess > IN_PROCESS_NANOS) {
          entry.renew();
          own.identify(entry);
        }
      }
      unsent.clear();
      unsent.addAll(pending.values());
      pending.values().forEach(entry -> entry.underWay = false);
      underWay = 0;
      underWayBytes = 0;
      flow = away || probed != connection && isUncertain() ? Flow.PROBING : Flow.OPEN;
      probes = flow == Flow.PROBING ? probes + 1 : 0;
      probed = null;
      pump(outcomes);
    }
    outcomes.forEach(OutboxEntry::tell);
  }

  /** Sends nothing, until {@link #resume}. */
  public synchronized void pause() {
    flow = Flow.PAUSED;
  }

  public synchronized boolean isPaused() {
    return flow == Flow.PAUSED;
  }

  /** Sends what may be sent now. */
  private void pump(List<OutboxEntry> outcomes) {
    while (hasRoom()) {
      OutboxEntry entry = unsent.poll();
      if (pending.get(entry.number) != entry) {
        continue; // answered or given up meanwhile
      }
      long now = nanos.getAsLong();
      String problem = problem(entry, now);
      if (problem != null) {
        outcomes.add(fail(entry, entry.isUnknown(), problem, null));
        continue;
      }
      try {
        connection.publish(
            entry.message.subject(),
            inbox + entry.nextToken(),
            entry.message.headers(),
            entry.message.body());
      } catch (IllegalStateException e) {
        // the connection has just ended: all of it again with the next
        flow = Flow.PAUSED;
        return;
      }
      if (entry.sends++ == 0) {
        entry.firstSent = now;
      } else {
        repeated++;
      }
      entry.unrefused++;
      entry.lastSent = now;
      entry.underWay = true;
      underWay++;
      underWayBytes += entry.size;
    }
  }

  private boolean hasRoom() {
    if (unsent.isEmpty()) {
      return false;
    }
    return switch (flow) {
      case PAUSED, AWAIT_READ, OVERTAKEN -> false;
      case PROBING -> underWay == 0;
      case OPEN ->
          underWay < WINDOW_EVENTS
              && (underWay == 0 || underWayBytes + unsent.peek().size <= WINDOW_BYTES);
    };
  }

  /** Why a message must not be sent, or null. */
  private String problem(OutboxEntry entry, long now) {
    if (entry.mayBeStored() && now - entry.mayBeStoredSince() > windowNanos - MARGIN_NANOS) {
      return "no answer, and too late to ask again: the stream's duplicate window is over";
    }
    long most = connection.getServerInfo().getMaxPayload();
    return most > 0 && entry.size > most
        ? "message: has " + entry.size + " bytes, the broker's max_payload is " + most
        : null;
  }

  /** What the broker says of a message. */
  public void answered(Message answer) {
    List<OutboxEntry> outcomes = new ArrayList<>(1);
    NatsAck ack;
    synchronized (this) {
      OutboxEntry entry = entryOf(answer.getSubject());
      if (entry == null) {
        return;
      }
      ack = NatsAck.of(answer);
      boolean isLatest = flow == Flow.PROBING && entry.isLatest(answer.getSubject());
      entry.problem = ack.problem();
      switch (ack.kind()) {
        case STORED -> outcomes.add(store(entry, ack.sequence()));
        case REFUSED -> outcomes.add(fail(entry, false, ack.problem(), ack.cause()));
        case MALFORMED -> outcomes.add(fail(entry, true, ack.problem(), ack.cause()));
        case BUSY -> {
          entry.unrefused = Math.max(0, entry.unrefused - 1);
          // what comes later must not overtake it
          flow = Flow.PAUSED;
          away = true;
        }
        case IN_PROCESS -> {
          // no answer yet
          entry.inProcess = entry.inProcess == 0 ? nanos.getAsLong() : entry.inProcess;
          return;
        }
      }
      if (flow == Flow.PROBING) {
        // a late answer to what was sent before says nothing of the broker as it is now
        probed = isLatest ? connection : null;
        away &= !isLatest;
        flow = isLatest && !isUncertain() ? Flow.OPEN : Flow.AWAIT_READ;
      }
      checkOvertaken(entry);
      pump(outcomes);
    }
    outcomes.forEach(OutboxEntry::tell);
    if (ack.kind() == NatsAck.Kind.BUSY) {
      refused.run();
    }
  }

  /** The message that an answer is to; null for none that waits for one. */
  private OutboxEntry entryOf(String subject) {
    try {
      return pending.get(OutboxEntry.numberOf(subject));
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** The entry was answered: what was sent before it should have been. */
  private void checkOvertaken(OutboxEntry entry) {
    if (flow != Flow.OPEN || pending.isEmpty()) {
      return;
    }
    OutboxEntry oldest = pending.values().iterator().next();
    if (oldest.underWay && oldest.number < entry.number && oldest.lastSent <= entry.lastSent) {
      overtaken = oldest;
      overtakenAt = nanos.getAsLong();
      flow = Flow.OVERTAKEN;
    }
  }

  private OutboxEntry store(OutboxEntry entry, long sequence) {
    remove(entry);
    stored++;
    entry.sequence = sequence;
    return entry;
  }

  private OutboxEntry fail(OutboxEntry entry, boolean unknown, String problem, Throwable cause) {
    remove(entry);
    own.forget(entry.number);
    failed++;
    entry.failure = new BackplaneException(problem, unknown, cause);
    return entry;
  }

  private void remove(OutboxEntry entry) {
    pending.remove(entry.number);
    bytes -= entry.size;
    if (entry.underWay) {
      entry.underWay = false;
      underWay--;
      underWayBytes -= entry.size;
    }
    if (flow == Flow.OVERTAKEN && entry == overtaken) {
      flow = Flow.OPEN;
    }
    if (pending.isEmpty()) {
      notifyAll();
    }
  }

  /**
   * Gives up what has waited for too long.
   *
   * @return whether an answer is overdue, or that of the first repeat has come, so that the caller
   *     is to {@link #resume}
   */
  public boolean expire() {
    List<OutboxEntry> outcomes = new ArrayList<>(0);
    boolean overdue;
    synchronized (this) {
      long now = nanos.getAsLong();
      List<OutboxEntry> late = new ArrayList<>(0);
      OutboxEntry oldest = null;
      for (OutboxEntry entry : pending.values()) {
        if (now - entry.appended < timeoutNanos) {
          oldest = entry;
          break;
        }
        late.add(entry);
      }
      for (OutboxEntry entry : late) {
        String why = entry.problem == null ? "" : ", the latest was: " + entry.problem;
        outcomes.add(
            entry.read > 0
                ? store(entry, entry.read)
                : fail(entry, entry.isUnknown(), timeoutProblem + why, null));
      }
      if (!late.isEmpty()) {
        // else one that never could be sent would stay at the head
        unsent.removeIf(entry -> pending.get(entry.number) != entry);
        pump(outcomes);
      }
      overdue =
          switch (flow) {
            case PAUSED -> false;
            case PROBING -> oldest != null && oldest.isOverdue(now, PROBE_NANOS, probes);
            case AWAIT_READ -> true;
            case OPEN -> oldest != null && oldest.isOverdue(now, ACK_TIMEOUT_NANOS, oldest.sends);
            case OVERTAKEN -> now - overtakenAt > OVERTAKEN_NANOS;
          };
    }
    outcomes.forEach(OutboxEntry::tell);
    return overdue;
  }

  /**
   * A message was read in the stream.
   *
   * @return the envelope that it was made of, if that was here and it is known; it is then
   *     forgotten
   */
  OutgoingEvent read(Headers headers, long sequence) {
    long number = own.numberOf(headers);
    if (number == 0) {
      return null;
    }
    synchronized (this) {
      OutboxEntry entry = pending.get(number);
      if (entry != null) {
        entry.read = sequence;
      }
      return own.forget(number);
    }
  }

  /** Another order begins: what was read may be gone, and what is in the stream is read again. */
  synchronized void begin() {
    pending.values().forEach(entry -> entry.read = 0);
  }

  /** Waits until all is answered, for so long at most; not while there is no broker. */
  synchronized void awaitEmpty(Duration most) throws InterruptedException {
    long end = System.nanoTime() + most.toNanos();
    for (long left = most.toNanos(); !pending.isEmpty() && (away || !isPaused()) && left > 0; ) {
      wait(Math.max(1, left / 1_000_000));
      left = end - System.nanoTime();
    }
  }

  /** Takes nothing more, but what it has is still sent. */
  synchronized void seal() {
    sealed = true;
  }

  /** Gives up what there is. */
  public void close() {
    List<OutboxEntry> outcomes = new ArrayList<>();
    synchronized (this) {
      sealed = true;
      flow = Flow.PAUSED;
      unsent.clear();
      for (OutboxEntry entry : List.copyOf(pending.values())) {
        outcomes.add(fail(entry, entry.isUnknown(), "the application ends", null));
      }
    }
    outcomes.forEach(OutboxEntry::tell);
  }

  synchronized BackplaneStatus status(boolean available, long outages, long skipped) {
    return new BackplaneStatus(
        "nats",
        available,
        pending.size(),
        bytes,
        stored,
        failed,
        repeated,
        outages,
        skipped,
        Duration.ZERO);
  }
}
