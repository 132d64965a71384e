package org.starcast.internal.backplane;

import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.Message;
import io.nats.client.api.PublishAck;
import io.nats.client.impl.Headers;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.starcast.BackplaneStatus;
import org.starcast.internal.config.BackplaneConfig;
import org.starcast.spi.BackplaneException;
import org.starcast.spi.Envelope;

/**
 * What this node publishes, until the broker has answered: sent without waiting for the answers
 * before, and once more, in order and with the same message id, where answers did not come. What
 * may be stored is never sent again when the stream's duplicate window is over, less 5 s: it fails
 * as unknown. The broker answers in order, so nothing new is sent while an answer is missing that
 * should have come before one that came: what a broker that fails has lost is overtaken by what was
 * under way with it, and by nothing else. Bounded in count and bytes. Thread-safe; no method waits
 * for the broker but {@link #awaitEmpty}.
 *
 * <p>As little as possible is repeated. Servers of a cluster that have to refuse thousands of
 * repeats just when their leader was lost may come to disagree (nats-server 2.9), or acknowledge
 * what is not stored (2.10). So what the node has read from the stream meanwhile is not sent again;
 * of the rest the first goes alone, and the others when it was answered, which shows that the new
 * leader has applied all that the last one left, and when the node has read that, too.
 */
public final class NatsOutbox {

  // what may be under way at a time; newer brokers refuse more than 10,000 of all publishers
  private static final int WINDOW_EVENTS = 2_048;
  private static final long WINDOW_BYTES = 8 << 20;

  /** The broker forgets message ids after its window: this much earlier nothing is repeated. */
  private static final long MARGIN_NANOS = Duration.ofSeconds(5).toNanos();

  /** No answer for so long: sent again; twice as long each time, up to 16 times. */
  private static final long PATIENCE_NANOS = Duration.ofSeconds(5).toNanos();

  /** An answer that was overtaken comes within this time, or never. */
  private static final long OVERTAKEN_NANOS = Duration.ofMillis(500).toNanos();

  /** As {@link #PATIENCE_NANOS}, for the first of those that are repeated. */
  private static final long PROBE_NANOS = Duration.ofMillis(500).toNanos();

  // of the broker: not now, but perhaps soon
  private static final int TOO_MANY_REQUESTS = 429;
  private static final Set<Integer> PASSING = Set.of(10_008, 10_009, 10_118);

  /**
   * Of the broker: it has the message id, but has not stored the message yet. 2.10 says so by the
   * sequence 0.
   */
  private static final String IN_PROCESS = "\"err_code\":10158,";

  /**
   * What is in process for longer, and is not in the stream, never will be: up to 2.10 a leader
   * that was one before keeps the ids of what it could not store then.
   */
  private static final long IN_PROCESS_NANOS = Duration.ofSeconds(5).toNanos();

  private final int maxEvents;
  private final long maxBytes;
  private final long timeoutNanos;
  private final String timeoutProblem;
  private final Runnable refused;

  // unique among all publishers
  private final String node = new BigInteger(110, new SecureRandom()).toString(36);

  // all of these are guarded by this
  private final Map<Long, Entry> pending = new LinkedHashMap<>();
  private final ArrayDeque<Entry> unsent = new ArrayDeque<>();
  private final Map<Long, Envelope> own = new LinkedHashMap<>();
  private long ownBytes;
  private long numbers;
  private long bytes;
  private int underWay;
  private long underWayBytes;

  /** The oldest of whose answer another one has come first, and when that was; 0 for none. */
  private long overtaken;

  private long overtakenAt;

  /** Whether one is sent, and no other before it is answered. */
  private boolean probing;

  /** By which connection that was answered; null if nothing waits for {@link #resume}. */
  private Connection probed;

  private Connection connection;
  private String inbox;
  private long windowNanos;
  private boolean closed;
  private long stored;
  private long failed;
  private long repeated;

  private static final class Entry {
    final long number;
    final NatsWire.Outgoing message;
    final int size;
    final long appended = System.nanoTime();
    final CompletableFuture<Long> result = new CompletableFuture<>();
    long firstSent;
    long lastSent;
    int sends;
    int refusals;
    String refusal;
    boolean underWay;

    /** Where this node has read it in the stream; 0 if it has not. */
    long read;

    /** Since when the broker has said that it is in process; 0 if it has not. */
    long inProcess;

    int renewals;

    Entry(long number, NatsWire.Outgoing message) {
      this.number = number;
      this.message = message;
      this.size = message.size();
    }

    /** Whether it may be stored though nobody has said so. */
    boolean isUnknown() {
      return sends > refusals;
    }

    /** As if it was not sent before, by another message id. */
    void renew() {
      renewals++;
      sends = 0;
      refusals = 0;
      inProcess = 0;
    }
  }

  /** A result to be told when no lock is held. */
  private record Outcome(Entry entry, long sequence, BackplaneException failure) {

    void tell() {
      if (failure == null) {
        entry.result.complete(sequence);
      } else {
        entry.result.completeExceptionally(failure);
      }
    }
  }

  /**
   * An empty outbox.
   *
   * @param refused told when the broker could not take something, but may soon: the caller is to
   *     {@link #resume} when it can
   */
  NatsOutbox(BackplaneConfig config, Runnable refused) {
    this(
        config.bufferEvents(),
        config.bufferBytes(),
        config.publishTimeout(),
        "starcast.backplane.publish-timeout: ",
        refused);
  }

  /**
   * An empty outbox.
   *
   * @param timeout after which a message has failed
   * @param key what the text of that failure begins with
   * @param refused as above
   */
  public NatsOutbox(int maxEvents, long maxBytes, Duration timeout, String key, Runnable refused) {
    this.maxEvents = maxEvents;
    this.maxBytes = maxBytes;
    this.timeoutNanos = timeout.toNanos();
    this.timeoutProblem = key + "no answer within " + timeout;
    this.refused = refused;
  }

  /**
   * Takes a message.
   *
   * @param envelope what it is made of, or null
   * @param failsWhenAway whether it fails at once while there is no broker
   */
  public CompletableFuture<Long> append(
      NatsWire.Outgoing message, Envelope envelope, boolean failsWhenAway) {
    Entry entry;
    List<Outcome> outcomes = new ArrayList<>(0);
    synchronized (this) {
      int size = message.size();
      String problem = null;
      if (closed) {
        problem = "the application ends";
      } else if (failsWhenAway && connection == null) {
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
      entry = new Entry(number, message);
      identify(entry);
      bytes += entry.size;
      pending.put(number, entry);
      unsent.add(entry);
      if (envelope != null) {
        keep(number, envelope);
      }
      pump(outcomes);
    }
    outcomes.forEach(Outcome::tell);
    return entry.result;
  }

  private void identify(Entry entry) {
    String id = node + "-" + Long.toString(entry.number, 36);
    entry.message.headers().put(NatsWire.MESSAGE_ID, id + ".".repeat(entry.renewals));
  }

  /** Until it is received; of those that are not for long, the latest, within the same bounds. */
  private void keep(long number, Envelope envelope) {
    own.put(number, envelope);
    ownBytes += envelope.bytes().length;
    Iterator<Map.Entry<Long, Envelope>> eldest = own.entrySet().iterator();
    while (own.size() > maxEvents || ownBytes > 2 * maxBytes && own.size() > 1) {
      ownBytes -= eldest.next().getValue().bytes().length;
      eldest.remove();
    }
  }

  private Envelope forget(long number) {
    Envelope envelope = own.remove(number);
    if (envelope != null) {
      ownBytes -= envelope.bytes().length;
    }
    return envelope;
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
    List<Outcome> outcomes = new ArrayList<>();
    synchronized (this) {
      this.connection = connection;
      this.inbox = inbox;
      this.windowNanos = window.toNanos();
      for (Entry entry : List.copyOf(pending.values())) {
        if (entry.read > 0) {
          outcomes.add(store(entry, entry.read));
        } else if (read
            && entry.inProcess != 0
            && System.nanoTime() - entry.inProcess > IN_PROCESS_NANOS) {
          entry.renew();
          identify(entry);
        }
      }
      unsent.clear();
      unsent.addAll(pending.values());
      pending.values().forEach(entry -> entry.underWay = false);
      underWay = 0;
      underWayBytes = 0;
      overtaken = 0;
      probing = probed != connection && isUncertain();
      probed = null;
      pump(outcomes);
    }
    outcomes.forEach(Outcome::tell);
  }

  /** Sends nothing, until {@link #resume}. */
  public synchronized void pause() {
    connection = null;
  }

  public synchronized boolean isPaused() {
    return connection == null;
  }

  private boolean isOvertaken() {
    return overtaken != 0 && pending.containsKey(overtaken);
  }

  private void pump(List<Outcome> outcomes) {
    if (isOvertaken() || probed != null) {
      return;
    }
    while (connection != null
        && !unsent.isEmpty()
        && underWay < (probing ? 1 : WINDOW_EVENTS)
        && (underWay == 0 || underWayBytes + unsent.peek().size <= WINDOW_BYTES)) {
      Entry entry = unsent.poll();
      if (pending.get(entry.number) != entry) {
        continue; // answered or given up meanwhile
      }
      long now = System.nanoTime();
      if (entry.isUnknown() && now - entry.firstSent > windowNanos - MARGIN_NANOS) {
        outcomes.add(
            fail(
                entry,
                "no answer, and too late to ask again: the stream's duplicate window is over",
                null));
        continue;
      }
      long most = connection.getServerInfo().getMaxPayload();
      if (most > 0 && entry.size > most) {
        outcomes.add(
            fail(
                entry,
                "message: has " + entry.size + " bytes, the broker's max_payload is " + most,
                null));
        continue;
      }
      try {
        connection.publish(
            entry.message.subject(),
            inbox + Long.toString(entry.number, 36),
            entry.message.headers(),
            entry.message.body());
      } catch (IllegalStateException e) {
        // the connection has just ended: all of it again with the next
        unsent.addFirst(entry);
        connection = null;
        return;
      }
      if (entry.sends++ == 0) {
        entry.firstSent = now;
      } else {
        repeated++;
      }
      entry.lastSent = now;
      entry.underWay = true;
      underWay++;
      underWayBytes += entry.size;
    }
  }

  /** What the broker says of a message. */
  public void answered(Message answer) {
    List<Outcome> outcomes = new ArrayList<>(1);
    boolean again = false;
    synchronized (this) {
      String subject = answer.getSubject();
      Entry entry;
      try {
        entry = pending.get(Long.parseLong(subject.substring(subject.lastIndexOf('.') + 1), 36));
      } catch (NumberFormatException e) {
        return;
      }
      if (entry == null) {
        return;
      }
      if (answer.isStatusMessage()) {
        entry.refusal = "no stream has the subject, or it has no leader now";
        entry.refusals++;
        again = true;
      } else {
        String json = new String(answer.getData(), StandardCharsets.UTF_8);
        long sequence = json.contains("\"error\"") ? -1 : sequence(json);
        if (sequence > 0) {
          outcomes.add(store(entry, sequence));
        } else if (sequence == 0 || json.contains(IN_PROCESS)) {
          // no answer yet
          entry.refusal = "the broker has it in process";
          entry.inProcess = entry.inProcess == 0 ? System.nanoTime() : entry.inProcess;
          return;
        } else {
          again = refuse(entry, answer, outcomes);
        }
      }
      if (again) {
        // what comes later must not overtake it
        connection = null;
        probed = null;
      } else {
        if (probing) {
          probing = false;
          probed = connection;
        }
        overtakes(entry);
        pump(outcomes);
      }
    }
    outcomes.forEach(Outcome::tell);
    if (again) {
      refused.run();
    }
  }

  /** The entry was answered: what was sent before it should have been. */
  private void overtakes(Entry entry) {
    if (pending.isEmpty() || isOvertaken()) {
      return;
    }
    Entry oldest = pending.values().iterator().next();
    if (oldest.underWay && oldest.number < entry.number && oldest.lastSent <= entry.lastSent) {
      overtaken = oldest.number;
      overtakenAt = System.nanoTime();
    }
  }

  private static long sequence(String json) {
    int at = json.indexOf("\"seq\":");
    if (at < 0) {
      return -1;
    }
    at += 6;
    while (at < json.length() && json.charAt(at) == ' ') {
      at++;
    }
    long value = 0;
    for (char c; at < json.length() && (c = json.charAt(at)) >= '0' && c <= '9'; at++) {
      value = value * 10 + (c - '0');
    }
    return value;
  }

  /** Whether it may be taken soon. */
  private boolean refuse(Entry entry, Message answer, List<Outcome> outcomes) {
    try {
      outcomes.add(store(entry, new PublishAck(answer).getSeqno()));
    } catch (JetStreamApiException e) {
      if (e.getErrorCode() == TOO_MANY_REQUESTS || PASSING.contains(e.getApiErrorCode())) {
        entry.refusal = e.getErrorDescription();
        entry.refusals++;
        return true;
      }
      outcomes.add(fail(entry, false, "the broker refuses it: " + e.getErrorDescription(), e));
    } catch (IOException | RuntimeException e) {
      outcomes.add(fail(entry, true, "the broker's answer is malformed", e));
    }
    return false;
  }

  private Outcome store(Entry entry, long sequence) {
    remove(entry);
    stored++;
    return new Outcome(entry, sequence, null);
  }

  private Outcome fail(Entry entry, String problem, Throwable cause) {
    return fail(entry, entry.isUnknown(), problem, cause);
  }

  private Outcome fail(Entry entry, boolean unknown, String problem, Throwable cause) {
    remove(entry);
    forget(entry.number);
    failed++;
    return new Outcome(entry, 0, new BackplaneException(problem, unknown, cause));
  }

  private void remove(Entry entry) {
    pending.remove(entry.number);
    bytes -= entry.size;
    if (entry.underWay) {
      entry.underWay = false;
      underWay--;
      underWayBytes -= entry.size;
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
    List<Outcome> outcomes = new ArrayList<>(0);
    boolean overdue = false;
    synchronized (this) {
      long now = System.nanoTime();
      Iterator<Entry> oldest = pending.values().iterator();
      List<Entry> late = new ArrayList<>(0);
      while (oldest.hasNext()) {
        Entry entry = oldest.next();
        if (now - entry.appended < timeoutNanos) {
          long patience = probing ? PROBE_NANOS : PATIENCE_NANOS;
          overdue =
              entry.underWay && now - entry.lastSent > patience << Math.min(entry.sends - 1, 4);
          break;
        }
        late.add(entry);
      }
      for (Entry entry : late) {
        if (entry.read > 0) {
          outcomes.add(store(entry, entry.read));
          continue;
        }
        String why = entry.refusal == null ? "" : ", the latest was: " + entry.refusal;
        outcomes.add(fail(entry, timeoutProblem + why, null));
      }
      if (!late.isEmpty()) {
        // else one that never could be sent would stay at the head
        Set<Entry> gone = new HashSet<>(late);
        unsent.removeIf(gone::contains);
        pump(outcomes);
      }
      overdue |= isOvertaken() && now - overtakenAt > OVERTAKEN_NANOS;
      overdue |= probed != null;
      overdue &= connection != null;
    }
    outcomes.forEach(Outcome::tell);
    return overdue;
  }

  /**
   * A message was read in the stream.
   *
   * @return the envelope that it was made of, if that was here and it is known; it is then
   *     forgotten
   */
  Envelope read(Headers headers, long sequence) {
    String id = headers == null ? null : headers.getFirst(NatsWire.MESSAGE_ID);
    if (id == null
        || id.length() <= node.length() + 1
        || id.charAt(node.length()) != '-'
        || !id.startsWith(node)) {
      return null;
    }
    try {
      long number = Long.parseLong(id.substring(node.length() + 1).replace(".", ""), 36);
      synchronized (this) {
        Entry entry = pending.get(number);
        if (entry != null) {
          entry.read = sequence;
        }
        return forget(number);
      }
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** Another order begins: what was read may be gone, and what is in the stream is read again. */
  synchronized void begin() {
    pending.values().forEach(entry -> entry.read = 0);
  }

  /** Waits until all is answered, for so long at most. */
  synchronized void awaitEmpty(Duration most) throws InterruptedException {
    long end = System.nanoTime() + most.toNanos();
    for (long left = most.toNanos(); !pending.isEmpty() && connection != null && left > 0; ) {
      wait(Math.max(1, left / 1_000_000));
      left = end - System.nanoTime();
    }
  }

  /** Takes nothing more, but what it has is still sent. */
  synchronized void seal() {
    closed = true;
  }

  /** Gives up what there is. */
  public void close() {
    List<Outcome> outcomes = new ArrayList<>();
    synchronized (this) {
      closed = true;
      connection = null;
      unsent.clear();
      for (Entry entry : List.copyOf(pending.values())) {
        outcomes.add(fail(entry, "the application ends", null));
      }
      own.clear();
    }
    outcomes.forEach(Outcome::tell);
  }

  synchronized BackplaneStatus status(boolean available, long outages, long skipped) {
    return new BackplaneStatus(
        "nats", available, pending.size(), bytes, stored, failed, repeated, outages, skipped);
  }
}
