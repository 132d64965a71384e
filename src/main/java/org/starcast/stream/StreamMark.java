package org.starcast.stream;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.starcast.internal.wire.LibraryEvents;
import org.starcast.stream.SseStreams.NamedStream.State;

/**
 * What the sender of a named stream's event says: which run of a source it is of, and what it means
 * to that run. So all nodes, and the one that reads a file, see by the events alone what is so.
 *
 * @param node whose source it is
 * @param number which one of the node's
 * @param since of a start: the last sequence of any named stream that its node had seen by then;
 *     else 0
 * @param bounds of a start: how much is kept; else null
 */
record StreamMark(Kind kind, String node, long number, long since, NamedBounds bounds) {

  /** How many parts a sender has behind its prefix, but for the bounds. */
  private static final int PARTS = 4;

  /** What an event means to the run. */
  enum Kind {
    /** It begins, unless another one goes on. */
    START(State.RUNNING),
    /** As {@link #START}; nodes say whether they have viewers of it. */
    WATCHED(State.RUNNING),
    /** It goes on. */
    ITEM(State.RUNNING),
    /** It has ended. */
    COMPLETED(State.COMPLETED),
    /** As {@link #COMPLETED}. */
    FAILED(State.FAILED),
    /** As {@link #COMPLETED}. */
    CANCELLED(State.CANCELLED);

    private static final Map<String, Kind> BY_WORD =
        Arrays.stream(values()).collect(Collectors.toMap(Kind::word, kind -> kind));

    private final State state;
    private final String word = name().toLowerCase(Locale.ROOT);

    Kind(State state) {
      this.state = state;
    }

    /** How it is written. */
    String word() {
      return word;
    }

    State state() {
      return state;
    }

    boolean isStart() {
      return this == START || this == WATCHED;
    }
  }

  /** Reads a sender; null if it is none of these. */
  static StreamMark of(String sender) {
    String[] parts = sender.substring(LibraryEvents.STREAM_SENDER.length()).split("\\.", -1);
    Kind kind = Kind.BY_WORD.get(parts[0]);
    if (kind == null || parts.length != (kind.isStart() ? PARTS + NamedBounds.PARTS : PARTS)) {
      return null;
    }
    try {
      return new StreamMark(
          kind,
          parts[1],
          Long.parseLong(parts[2]),
          Long.parseLong(parts[3]),
          kind.isStart() ? NamedBounds.parse(parts[4], parts[5], parts[6], parts[7]) : null);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** What another event means to the same run. */
  StreamMark as(Kind other) {
    return new StreamMark(other, node, number, 0, null);
  }

  /** Whether both are of the same run. */
  boolean sameRun(StreamMark other) {
    return number == other.number && node.equals(other.node);
  }

  /** The key by which the end of the run is stored once, whoever publishes it. */
  String endKey() {
    return LibraryEvents.STREAM_SENDER + "end." + node + "." + number;
  }

  /** The sender. */
  @Override
  public String toString() {
    return LibraryEvents.STREAM_SENDER
        + kind.word()
        + "."
        + node
        + "."
        + number
        + "."
        + since
        + (bounds == null ? "" : "." + bounds);
  }
}
