package org.starcast.bench;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * The receiving end of one stream: takes the bytes as they come, in pieces of any size, through the
 * response head, the chunked coding and the event-stream lines, and keeps account of the events.
 * Used by one thread, that of its loop.
 *
 * <p>An event's data is {@code [seq=<n> ]ts=<nanos> <padding>}. The sequence number where there is
 * one, the time otherwise, is its key; keys must rise from event to event. Count and key sum
 * together tell whether the stream got exactly what it should have.
 */
final class EventStream {

  enum State {
    NEW,
    CONNECTING,
    HEAD,
    OPEN,
    /** What came is followed by the next request, on a connection of its own. */
    NEXT,
    /** The connection is cut; the next one says how far this one got. */
    CUT,
    /** The named stream has ended, and then the response. */
    DONE,
    FAILED,
    ENDED
  }

  /** Told about what comes in. */
  interface Sink {
    void opened(EventStream stream);

    void event(long timeNanos);

    void comment();
  }

  /** When a connection is cut, time after time, and for how long its client is away; by a seed. */
  static final class Cuts {
    private final Random random;
    private final int mostEvents;
    private final long mostNanos;

    Cuts(long seed, int mostEvents, long mostNanos) {
      random = new Random(seed);
      this.mostEvents = mostEvents;
      this.mostNanos = mostNanos;
    }

    private int events() {
      return 1 + random.nextInt(mostEvents);
    }

    long awayNanos() {
      return (long) (random.nextDouble() * mostNanos);
    }
  }

  private enum Coding {
    SIZE,
    DATA,
    DATA_END,
    TRAILER,
    RAW
  }

  private static final int HEAD_LIMIT = 16 * 1024;
  private static final int LINE_PREFIX = 128;
  private static final byte[] EMPTY = {};
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  final int index;
  final boolean stalled;
  final byte[] source;
  SocketChannel channel;
  ByteBuffer request;
  State state = State.NEW;
  boolean underWay;
  String failure;

  long events;
  long keySum;
  long disorder;
  long gaps;
  long malformed;

  /** The key of the first event. */
  long firstKey;

  long lastKey = Long.MIN_VALUE;

  /** How often its connection was cut. */
  int cutOff;

  /** When it comes back, by {@link System#nanoTime()}. */
  long backAt;

  /** Whether it got the end of a named stream. */
  boolean hasEnd;

  private final Deque<String> requests;
  private final Sink sink;
  private final int expectedPadding;
  private final Cuts cuts;
  private long cutAt = Long.MAX_VALUE;
  private String lastRequest;
  private String idLine;
  private String lastId;

  private byte[] head = EMPTY;
  private Coding coding;
  private long chunkLeft;
  private boolean chunkExtension;

  private byte[] line = EMPTY;
  private int lineLength;
  private boolean hasData;
  private boolean isGap;

  /** Of Durable Streams: where the reader is. */
  private boolean isControl;

  private boolean isMark;
  private long key;
  private long time;

  /**
   * @param source the loopback address that the stream is opened from
   * @param requests its request, and those that follow: each when the one before has been answered
   *     by an event, or by a gap
   * @param stalled whether it stops reading once it is open
   * @param padding characters of padding that each event must have, or -1 for any number
   * @param cuts when it is cut off; null for never
   */
  EventStream(
      int index,
      byte[] source,
      List<String> requests,
      boolean stalled,
      int padding,
      Cuts cuts,
      Sink sink) {
    this.index = index;
    this.source = source;
    this.requests = new ArrayDeque<>(requests);
    this.stalled = stalled;
    this.expectedPadding = padding;
    this.cuts = cuts;
    this.sink = sink;
  }

  /**
   * What one key adds to {@link #keySum}; mixed, so that two wrong keys do not make up a right sum.
   */
  static long mix(long key) {
    long z = (key + 1) * 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    return z ^ (z >>> 31);
  }

  /** Takes up the next request, on a connection that is still to be made; or the same again. */
  void begin() {
    if (state == State.CUT) {
      cutOff++;
      int end = lastRequest.length() - 2;
      begin(lastRequest.substring(0, end) + "Last-Event-ID: " + lastId + "\r\n\r\n");
    } else {
      lastRequest = requests.remove();
      begin(lastRequest);
    }
    cutAt = cuts == null ? Long.MAX_VALUE : events + cuts.events();
  }

  long awayNanos() {
    return cuts.awayNanos();
  }

  private void begin(String text) {
    request = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    state = State.CONNECTING;
    head = EMPTY;
    chunkLeft = 0;
    lineLength = 0;
    hasData = false;
    isGap = false;
    isMark = false;
    idLine = null;
  }

  void resetCounts() {
    events = 0;
    keySum = 0;
    disorder = 0;
    gaps = 0;
    malformed = 0;
    lastKey = Long.MIN_VALUE;
  }

  /** Takes the next bytes; after it, {@link #state} may be FAILED or ENDED. */
  void feed(byte[] bytes, int from, int to) {
    int at = from;
    if (state == State.HEAD) {
      at = takeHead(bytes, at, to);
    }
    if (state == State.OPEN) {
      decode(bytes, at, to);
    }
  }

  private int takeHead(byte[] bytes, int from, int to) {
    int before = head.length;
    head = Arrays.copyOf(head, before + to - from);
    System.arraycopy(bytes, from, head, before, to - from);
    int end = -1;
    for (int i = Math.max(0, before - 3); i + 3 < head.length && end < 0; i++) {
      if (head[i] == '\r' && head[i + 1] == '\n' && head[i + 2] == '\r' && head[i + 3] == '\n') {
        end = i + 4;
      }
    }
    if (end < 0) {
      if (head.length > HEAD_LIMIT) {
        fail("response head of more than " + HEAD_LIMIT + " bytes");
      }
      return to;
    }
    String text = new String(head, 0, end, StandardCharsets.ISO_8859_1);
    head = EMPTY;
    if (!text.startsWith("HTTP/1.1 200")) {
      fail(text.substring(0, text.indexOf('\r')));
      return to;
    }
    boolean chunked = text.toLowerCase(Locale.ROOT).contains("transfer-encoding: chunked");
    coding = chunked ? Coding.SIZE : Coding.RAW;
    state = State.OPEN;
    sink.opened(this);
    return from + end - before;
  }

  private void decode(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && state == State.OPEN) {
      switch (coding) {
        case SIZE -> at = takeSize(bytes, at, to);
        case DATA -> {
          int part = (int) Math.min(chunkLeft, to - at);
          lines(bytes, at, at + part);
          at += part;
          chunkLeft -= part;
          if (chunkLeft == 0) {
            coding = Coding.DATA_END;
          }
        }
        case DATA_END -> {
          if (bytes[at++] == '\n') {
            coding = Coding.SIZE;
          }
        }
        case TRAILER -> {
          state = State.ENDED;
          at = to;
        }
        case RAW -> {
          lines(bytes, at, to);
          at = to;
        }
      }
    }
  }

  private int takeSize(byte[] bytes, int from, int to) {
    for (int at = from; at < to; at++) {
      byte b = bytes[at];
      int digit = chunkExtension ? -1 : Character.digit(b, 16);
      if (digit >= 0) {
        chunkLeft = chunkLeft * 16 + digit;
      } else if (b == ';') {
        chunkExtension = true;
      } else if (b == '\n') {
        chunkExtension = false;
        coding = chunkLeft == 0 ? Coding.TRAILER : Coding.DATA;
        return at + 1;
      } else if (b != '\r' && !chunkExtension) {
        fail("malformed chunk size");
        return to;
      }
    }
    return to;
  }

  private void lines(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && state == State.OPEN) {
      int end = lineFeed(bytes, at, to);
      if (end < 0) {
        keep(bytes, at, to);
        return;
      }
      if (lineLength == 0) {
        line(bytes, at, end - at);
      } else {
        keep(bytes, at, end);
        int length = lineLength;
        lineLength = 0;
        line(line, 0, length);
      }
      at = end + 1;
    }
  }

  /** Keeps a piece of a line: its beginning, which is all that is read, and its length. */
  private void keep(byte[] bytes, int from, int to) {
    if (lineLength < LINE_PREFIX) {
      int part = Math.min(to - from, LINE_PREFIX - lineLength);
      if (line.length < lineLength + part) {
        line = Arrays.copyOf(line, LINE_PREFIX);
      }
      System.arraycopy(bytes, from, line, lineLength, part);
    }
    lineLength += to - from;
  }

  private void line(byte[] bytes, int from, int length) {
    if (length == 0 || length == 1 && bytes[from] == '\r') {
      endOfEvent();
    } else if (bytes[from] == ':') {
      sink.comment();
    } else if (startsWith(bytes, from, length, "data:")) {
      data(bytes, from, length);
    } else if (startsWith(bytes, from, length, "event: starcast-gap")) {
      isGap = true;
    } else if (startsWith(bytes, from, length, "event: control")) {
      isControl = true;
      sink.comment();
    } else if (startsWith(bytes, from, length, "event: starcast-start")) {
      isMark = true;
    } else if (startsWith(bytes, from, length, "event: starcast-end")) {
      isMark = true;
      hasEnd = true;
    } else if (cuts != null && startsWith(bytes, from, length, "id: ")) {
      idLine = new String(bytes, from + 4, length - 4, StandardCharsets.US_ASCII);
    }
  }

  private void data(byte[] bytes, int from, int length) {
    int at = from + 5;
    if (at < from + length && bytes[at] == ' ') {
      at++;
    }
    if (isControl) {
      return;
    }
    hasData = true;
    time = 0;
    int end = Math.min(from + length, bytes.length);
    boolean numbered = startsWith(bytes, at, from + length - at, "seq=");
    if (numbered) {
      at += 4;
      key = number(bytes, at, end);
      at = afterNumber(bytes, at, end) + 1;
    }
    if (!startsWith(bytes, at, from + length - at, "ts=")) {
      if (!isGap && !isMark) {
        malformed++;
      }
      return;
    }
    at += 3;
    time = number(bytes, at, end);
    if (!numbered) {
      key = time;
    }
    at = afterNumber(bytes, at, end) + 1;
    if (expectedPadding >= 0 && from + length - at != expectedPadding) {
      malformed++;
    }
  }

  private void endOfEvent() {
    if (isGap) {
      gaps++;
    } else if (hasData && !isMark) {
      if (key <= lastKey) {
        disorder++;
      }
      firstKey = events == 0 ? key : firstKey;
      lastKey = key;
      keySum += mix(key);
      events++;
      sink.event(time);
    }
    if ((isGap || hasData) && !requests.isEmpty()) {
      state = State.NEXT;
    }
    if (idLine != null) {
      lastId = idLine;
      idLine = null;
    }
    if (events >= cutAt && !hasEnd && lastId != null) {
      state = State.CUT;
    }
    isGap = false;
    isControl = false;
    isMark = false;
    hasData = false;
  }

  private void fail(String why) {
    state = State.FAILED;
    failure = why;
  }

  private static long number(byte[] bytes, int from, int end) {
    int at = from;
    boolean negative = at < end && bytes[at] == '-';
    if (negative) {
      at++;
    }
    long value = 0;
    while (at < end && bytes[at] >= '0' && bytes[at] <= '9') {
      value = value * 10 + bytes[at++] - '0';
    }
    return negative ? -value : value;
  }

  private static int afterNumber(byte[] bytes, int from, int end) {
    int at = from;
    while (at < end && (bytes[at] == '-' || bytes[at] >= '0' && bytes[at] <= '9')) {
      at++;
    }
    return at;
  }

  private static boolean startsWith(byte[] bytes, int from, int length, String prefix) {
    if (length < prefix.length() || from + prefix.length() > bytes.length) {
      return false;
    }
    for (int i = 0; i < prefix.length(); i++) {
      if (bytes[from + i] != prefix.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** The position of the next line feed, eight bytes at a time; -1 if there is none. */
  private static int lineFeed(byte[] bytes, int from, int to) {
    int at = from;
    for (; at + 8 <= to; at += 8) {
      long word = (long) LONGS.get(bytes, at) ^ 0x0A0A0A0A0A0A0A0AL;
      long zero = (word - 0x0101010101010101L) & ~word & 0x8080808080808080L;
      if (zero != 0) {
        return at + (Long.numberOfTrailingZeros(zero) >>> 3);
      }
    }
    for (; at < to; at++) {
      if (bytes[at] == '\n') {
        return at;
      }
    }
    return -1;
  }
}
