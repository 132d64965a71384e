package org.starcast.internal.engine;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Deflater;
import org.starcast.internal.writer.Gzip;

/**
 * What several gzip clients have got alike, frame after frame, with a compressor that remembers it:
 * the next frame is deflated once and refers back to those before it, and its bytes are right for
 * each of these clients, as an inflater knows the last 32 KiB of what it has given (RFC 1951,
 * section 2).
 *
 * <p>A wrong reference is impossible by this: a {@link Position} stands for all plain bytes of the
 * history up to one frame. A client has one only if its stream ends with all of these bytes, or
 * with the last 32 KiB of them. A {@link CompressedFrame.Chained} form names the position before it
 * and the one behind it, by reference: a client takes it if it has that before, and then has that
 * behind. Who gets another frame in between has another position, or none.
 *
 * <p>It has a compressor while it is used, see {@link GzipHistories}. When another history needs
 * that more, it goes on later with its last frames as dictionary, those that are in memory still.
 * Thread-safe; locks of frames, and that of all histories, are taken inside of its own.
 */
final class GzipHistory {

  /** How far back a piece may refer, RFC 1951, section 2. */
  static final int WINDOW = 32 << 10;

  /** The most frames that it goes on with. */
  private static final int MAX_RECENT = 16;

  /** A place behind one frame of a history: one object, which is compared by identity. */
  static final class Position {
    private final GzipHistory history;

    /** How many clients have come here: a hint, counted without a lock. */
    private int arrivals;

    private Position(GzipHistory history) {
      this.history = history;
    }

    GzipHistory history() {
      return history;
    }

    /** A client has come here. */
    Position arrive() {
      arrivals++;
      return this;
    }
  }

  private final GzipHistories histories;
  private final long number;

  // guarded by this
  private Position end = new Position(this);
  private List<WeakReference<Frame>> recent;

  /** Whose compressor it takes over, which is no longer used as it seems; or null. */
  private GzipHistory predecessor;

  private GzipHistory(
      GzipHistories histories, List<WeakReference<Frame>> recent, GzipHistory predecessor) {
    this.histories = histories;
    this.number = histories.nextNumber();
    this.recent = recent;
    this.predecessor = predecessor;
  }

  /** Begins with this frame; the position is behind it. */
  static Position begin(GzipHistories histories, CompressedFrame first) {
    return new GzipHistory(histories, List.of(first.frame()), null).end();
  }

  private synchronized Position end() {
    return end;
  }

  boolean isOlderThan(GzipHistory other) {
    return number < other.number;
  }

  /**
   * The form of a frame for those who are at this position.
   *
   * @return null if there can be none: the history has gone on with another frame, the frame has
   *     too many forms, or there is no compressor
   */
  synchronized CompressedFrame.Chained append(Position at, Frame frame, CompressedFrame forms) {
    CompressedFrame.Chained made = forms.after(at);
    if (made != null || at != end || !forms.hasRoom()) {
      return made;
    }
    if (frame.isControl()) {
      // maybe for one of them alone, and too short to be deflated
      GzipHistory all =
          new GzipHistory(histories, with(forms), predecessor == null ? this : predecessor);
      return forms.add(new CompressedFrame.Chained(at, all.end(), null));
    }
    if (frame.isForFewOf(at.arrivals)) {
      // the others go on from here
      return new GzipHistory(histories, recent, null).deflate(at, frame, forms);
    }
    return deflate(at, frame, forms);
  }

  private List<WeakReference<Frame>> with(CompressedFrame next) {
    List<WeakReference<Frame>> all = new ArrayList<>(recent);
    all.add(next.frame());
    return all.subList(Math.max(0, all.size() - MAX_RECENT), all.size());
  }

  /** Goes on with this frame. */
  private synchronized CompressedFrame.Chained deflate(
      Position before, Frame frame, CompressedFrame forms) {
    Deflater deflater = histories.take(this);
    if (deflater == null) {
      byte[] dictionary = dictionary();
      deflater = dictionary.length == 0 ? null : histories.takeAny(predecessor);
      if (deflater == null) {
        return null;
      }
      deflater.setDictionary(dictionary);
    }
    byte[] piece = null;
    try {
      piece = Gzip.deflate(deflater, frame.bytes(), frame.length(), Deflater.SYNC_FLUSH);
    } finally {
      if (piece == null) {
        histories.discard(deflater);
      }
    }
    recent = with(forms);
    predecessor = null;
    end = new Position(this);
    histories.giveBack(this, deflater);
    boolean smaller = piece.length < Gzip.storedLength(frame.length());
    return forms.add(new CompressedFrame.Chained(before, end, smaller ? piece : null));
  }

  /** The end of what has been written, as far as it is in memory. */
  private byte[] dictionary() {
    byte[] window = new byte[WINDOW];
    int from = WINDOW;
    for (int i = recent.size() - 1; i >= 0 && from > 0; i--) {
      Frame frame = recent.get(i).get();
      if (frame == null) {
        break;
      }
      int length = Math.min(from, frame.length());
      System.arraycopy(frame.bytes(), frame.length() - length, window, from - length, length);
      from -= length;
    }
    return Arrays.copyOfRange(window, from, WINDOW);
  }
}
