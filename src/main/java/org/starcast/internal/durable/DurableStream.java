package org.starcast.internal.durable;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.starcast.internal.durable.Operation.Producer;

/**
 * One stream, as the events say that are in the order: the same on every node. What an event cannot
 * do when its turn comes it does not do, and its request is answered so. One thread at a time
 * changes it; thread-safe.
 */
public final class DurableStream {

  private static final String CLOSED = "Stream-Closed";
  private static final String NEXT = "Stream-Next-Offset";

  /** The most producers whose count is known; who wrote longest ago is forgotten first. */
  private static final int MAX_PRODUCERS = 1000;

  /** What one chunk takes beside its bytes, and a producer beside its id, roughly. */
  private static final int CHUNK_BYTES = 64;

  private static final int PRODUCER_BYTES = 150;

  private record Chunk(long at, byte[] data) {}

  /**
   * A part of the stream.
   *
   * @param appends what each append wrote, in their order
   * @param isJson whether it is of a JSON stream
   * @param from the place before it
   * @param next the place behind it
   * @param isUpToDate whether there is no more now
   * @param isClosed whether there never will be
   */
  public record Slice(
      List<byte[]> appends,
      boolean isJson,
      Offset from,
      Offset next,
      boolean isUpToDate,
      boolean isClosed) {

    /** Whether there is nothing in it. */
    public boolean isEmpty() {
      return appends.isEmpty();
    }

    /** The bytes, copied each time; of a JSON stream an array. */
    public byte[] data() {
      ByteArrayOutputStream data = new ByteArrayOutputStream();
      for (byte[] each : appends) {
        if (isJson) {
          data.write(data.size() == 0 ? '[' : ',');
        }
        data.writeBytes(each);
      }
      if (isJson) {
        data.writeBytes((appends.isEmpty() ? "[]" : "]").getBytes(StandardCharsets.US_ASCII));
      }
      return data.toByteArray();
    }
  }

  private final String id;
  private final Offset begin;
  private final String type;
  private final Long ttl;
  private final Instant expires;

  // guarded by this

  private final List<Chunk> chunks = new ArrayList<>();

  /** The one that wrote longest ago first. */
  private final Map<String, Producer> producers = new LinkedHashMap<>();

  /** Who waits, and behind which sequence. */
  private final Map<Runnable, Long> waiters = new LinkedHashMap<>();

  /** The sequence of the last data, and of the last event that was accepted. */
  private long tail;

  private long last;
  private long bytes;
  private String writerSequence;
  private boolean closed;
  private boolean deleted;

  /** When it was read or written last, and when other nodes were told of a read. */
  private long touched;

  private long announced;
  private boolean expiring;

  /** One that is created by the event at this place. */
  DurableStream(String id, Offset begin, Operation creation, long time) {
    this.id = id;
    this.begin = begin;
    this.type = creation.type();
    this.ttl = creation.ttl();
    this.expires = creation.expires();
    this.tail = begin.sequence();
    accept(creation, begin.sequence(), time);
  }

  /** Its id, which is its topic. */
  public String id() {
    return id;
  }

  /** The content type, as its creator wrote it. */
  public String type() {
    return type;
  }

  /** When it is gone; null for never. */
  public Instant expires() {
    return expires;
  }

  /** After how many seconds without a read or write it is gone; null for never. */
  public Long ttl() {
    return ttl;
  }

  Offset begin() {
    return begin;
  }

  // ---- writing

  /** What a creation means where there is this stream already. */
  synchronized Outcome judgeCreation(Operation op) {
    boolean same =
        Operation.plain(op.type()).equals(Operation.plain(type))
            && Objects.equals(op.ttl(), ttl)
            && Objects.equals(op.expires(), expires)
            && op.closes() == closed;
    return same
        ? new Outcome(200, null, headers())
        : new Outcome(409, "stream: there is another one of this id", Map.of());
  }

  /**
   * What an append is answered without being made, as it is refused or there already; null if it is
   * to be made.
   */
  synchronized Outcome answer(Operation op) {
    Producer by = op.producer();
    Producer known = by == null ? null : producers.get(by.id());
    if (by != null) {
      if (known != null && by.epoch() < known.epoch()) {
        Map<String, String> headers = headers();
        headers.put("Producer-Epoch", Long.toString(known.epoch()));
        return new Outcome(403, "Producer-Epoch: there is a later one", headers);
      }
      boolean isNew = known == null || by.epoch() > known.epoch();
      if (known != null && isNew && by.sequence() != 0) {
        return new Outcome(400, "Producer-Seq: must be 0 in a new epoch", headers());
      }
      long expected = isNew ? 0 : known.sequence() + 1;
      if (by.sequence() < expected) {
        return new Outcome(204, null, with(headers(), known));
      }
      if (!closed && by.sequence() > expected) {
        Map<String, String> headers = headers();
        headers.put("Producer-Expected-Seq", Long.toString(expected));
        headers.put("Producer-Received-Seq", Long.toString(by.sequence()));
        return new Outcome(409, "Producer-Seq: one before is missing", headers);
      }
    }
    if (closed) {
      boolean isRepeated = op.closes() && op.body() == null && by == null;
      return new Outcome(
          isRepeated ? 204 : 409, isRepeated ? null : "stream: is closed", headers());
    }
    if (op.body() != null && !Operation.plain(op.type()).equals(Operation.plain(type))) {
      return new Outcome(409, "Content-Type: is not the stream's", headers());
    }
    if (op.writerSequence() != null
        && writerSequence != null
        && compare(op.writerSequence(), writerSequence) <= 0) {
      return new Outcome(409, "Stream-Seq: is not after the last one", headers());
    }
    return null;
  }

  /** Carries an append out, if that is to be, and says what it is answered. */
  synchronized Outcome apply(Operation op, long sequence, long time) {
    Outcome known = answer(op);
    if (known != null) {
      if (known.isAccepted()) {
        touch(time);
      }
      return known;
    }
    accept(op, sequence, time);
    return op.producer() == null
        ? new Outcome(204, null, headers())
        : new Outcome(op.body() == null ? 204 : 200, null, with(headers(), op.producer()));
  }

  private void accept(Operation op, long sequence, long time) {
    last = sequence;
    touch(time);
    if (op.body() != null) {
      chunks.add(new Chunk(sequence, op.body()));
      bytes += op.body().length + CHUNK_BYTES;
      tail = sequence;
    }
    if (op.producer() != null) {
      remember(op.producer());
    }
    if (op.writerSequence() != null) {
      writerSequence = op.writerSequence();
    }
    closed |= op.closes();
  }

  private void remember(Producer producer) {
    if (producers.remove(producer.id()) == null) {
      bytes += weight(producer);
    }
    producers.put(producer.id(), producer);
    if (producers.size() > MAX_PRODUCERS) {
      bytes -= weight(producers.remove(producers.keySet().iterator().next()));
    }
  }

  private static long weight(Producer producer) {
    return producer.id().length() + PRODUCER_BYTES;
  }

  /** The memory that an operation takes at most, roughly. */
  static long weight(Operation op) {
    long content = op.body() == null ? 0 : op.body().length + CHUNK_BYTES;
    return op.producer() == null ? content : content + weight(op.producer());
  }

  private static int compare(String one, String other) {
    return Arrays.compareUnsigned(
        one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
  }

  private static Map<String, String> with(Map<String, String> headers, Producer known) {
    headers.put("Producer-Epoch", Long.toString(known.epoch()));
    headers.put("Producer-Seq", Long.toString(known.sequence()));
    return headers;
  }

  /** How it stands, as headers. */
  public synchronized Map<String, String> headers() {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put(NEXT, end().toString());
    if (closed) {
      headers.put(CLOSED, "true");
    }
    return headers;
  }

  synchronized long last() {
    return last;
  }

  synchronized long bytes() {
    return bytes;
  }

  /** It has been deleted, or has expired. */
  synchronized void delete() {
    deleted = true;
  }

  /** Whether it is not there any more. */
  public synchronized boolean isDeleted() {
    return deleted;
  }

  // ---- time

  /** A read, or a write that changed nothing. */
  synchronized void touch(long now) {
    touched = Math.max(touched, now);
  }

  /** Whether other nodes are to be told that it is read, as it would expire there. */
  synchronized boolean announces(long now) {
    if (ttl == null || now - announced < ttl * 250) {
      return false;
    }
    announced = now;
    return true;
  }

  synchronized boolean isExpired(long now) {
    boolean isIdle = ttl != null && waiters.isEmpty() && now - touched >= ttl * 1000;
    // a far end has no number of milliseconds
    return isIdle || expires != null && !Instant.ofEpochMilli(now).isBefore(expires);
  }

  /** Whether its expiry is to be published, which is so once. */
  synchronized boolean beginsToExpire() {
    boolean begins = !expiring;
    expiring = true;
    return begins;
  }

  synchronized void doesNotExpire() {
    expiring = false;
  }

  // ---- reading

  /**
   * The place that a text names.
   *
   * @param text an offset, {@code -1} for the begin, {@code now} for the end
   * @return null for one of another stream, or of another time
   * @throws IllegalArgumentException if it is none
   */
  public Offset place(String text) {
    if (text.equals("-1")) {
      // the creation may have content
      return new Offset(begin.epoch(), begin.sequence() - 1);
    }
    if (text.equals("now")) {
      return end();
    }
    Offset offset = Offset.parse(text);
    boolean isOwn =
        offset.epoch().equals(begin.epoch()) && offset.sequence() >= begin.sequence() - 1;
    return isOwn ? offset : null;
  }

  /** Whether the last event of this stream is before a place. */
  synchronized boolean isBefore(Offset place) {
    return place.sequence() > tail;
  }

  private synchronized Offset end() {
    return new Offset(begin.epoch(), tail);
  }

  /**
   * What is behind a place.
   *
   * @param most how many bytes at most; one append in any case
   */
  public Slice read(Offset from, int most) {
    List<byte[]> found = new ArrayList<>();
    Offset next;
    boolean isUpToDate;
    boolean isClosed;
    synchronized (this) {
      int first = firstAfter(from.sequence());
      int end = first;
      long size = 0;
      for (; end < chunks.size(); end++) {
        byte[] data = chunks.get(end).data();
        size += data.length;
        if (end > first && size > most) {
          break;
        }
        found.add(data);
      }
      isUpToDate = end == chunks.size();
      isClosed = isUpToDate && closed;
      // another node may be ahead of this one
      long last =
          end > first ? chunks.get(end - 1).at() : closed ? tail : Math.max(from.sequence(), tail);
      next = new Offset(begin.epoch(), last);
    }
    // copied only where it is asked for, and the order of events does not wait for that
    return new Slice(found, Operation.isJson(type), from, next, isUpToDate, isClosed);
  }

  private int firstAfter(long sequence) {
    int low = 0;
    int high = chunks.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (chunks.get(middle).at() <= sequence) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /**
   * Has an action run once, by a thread of the container, when there is something behind a place,
   * or there never will be.
   *
   * @return false if that is so already; it will not be run then
   */
  public synchronized boolean await(Offset from, Runnable action) {
    if (isOver(from.sequence())) {
      return false;
    }
    waiters.put(action, from.sequence());
    return true;
  }

  /** Whether nobody has to wait behind a sequence. */
  private boolean isOver(long sequence) {
    return deleted || closed || !chunks.isEmpty() && sequence < tail;
  }

  /** Takes {@link #await} back; false if the action runs, or has run. */
  public synchronized boolean cancel(Runnable action) {
    touched = Math.max(touched, System.currentTimeMillis());
    return waiters.remove(action) != null;
  }

  /** Those for which there is something; they do not wait any more. */
  synchronized List<Runnable> served() {
    List<Runnable> served = new ArrayList<>();
    waiters.forEach(
        (action, behind) -> {
          if (isOver(behind)) {
            served.add(action);
          }
        });
    served.forEach(waiters::remove);
    return served;
  }

  synchronized boolean isWatched() {
    return !waiters.isEmpty();
  }
}
