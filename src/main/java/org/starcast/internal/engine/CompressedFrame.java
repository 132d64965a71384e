package org.starcast.internal.engine;

import java.lang.ref.WeakReference;
import java.util.Arrays;
import org.starcast.internal.engine.GzipHistory.Position;
import org.starcast.internal.writer.Gzip;

/**
 * The forms of one frame as pieces of gzip streams, each made once for all clients: one that refers
 * to nothing before it, and a few that refer back to a {@link GzipHistory}. Thread-safe.
 */
final class CompressedFrame {

  /** The most histories that go on with one event. */
  static final int MAX_EVENT_FORMS = 8;

  /** The same for what is sent again and again: the oldest make room. */
  static final int MAX_CONTROL_FORMS = 32;

  /**
   * The form for clients at one position.
   *
   * @param before where they are; null if a history begins with the frame
   * @param behind where they are when they have got it
   * @param piece its bytes; null if they are those that refer to nothing
   */
  record Chained(Position before, Position behind, byte[] piece) {}

  private static final Chained[] NONE = {};

  private final WeakReference<Frame> frame;
  private final WeakReference<CompressedFrame> self = new WeakReference<>(this);
  private final boolean control;

  // written under the monitor
  private volatile Chained[] chained = NONE;
  private volatile byte[] independent;

  CompressedFrame(Frame frame) {
    this.frame = new WeakReference<>(frame);
    this.control = frame.isControl();
  }

  /** The frame, which this does not keep in memory. */
  WeakReference<Frame> frame() {
    return frame;
  }

  WeakReference<CompressedFrame> reference() {
    return self;
  }

  /** The piece that refers to nothing before it. */
  byte[] independent(Frame from, Gzip gzip) {
    byte[] made = independent;
    if (made == null) {
      synchronized (this) {
        made = independent;
        if (made == null) {
          made = gzip.deflate(from.bytes(), from.length());
          independent = made;
        }
      }
    }
    return made;
  }

  /** The form for those at this position; null if there is none. */
  Chained after(Position at) {
    for (Chained form : chained) {
      if (form.before == at) {
        return form;
      }
    }
    return null;
  }

  /** Whether no history has it. */
  boolean isInNoHistory() {
    return chained.length == 0;
  }

  /**
   * The form of the oldest history that has it; null if none has, or it is sent again and again.
   */
  Chained oldest() {
    Chained oldest = null;
    for (Chained form : control ? NONE : chained) {
      if (oldest == null || form.behind.history().isOlderThan(oldest.behind.history())) {
        oldest = form;
      }
    }
    return oldest;
  }

  boolean hasRoom() {
    return control || chained.length < MAX_EVENT_FORMS;
  }

  /** Adds a form; the caller has seen to it that there is none for the same position. */
  synchronized Chained add(Chained form) {
    int from = control && chained.length == MAX_CONTROL_FORMS ? 1 : 0;
    Chained[] more = Arrays.copyOfRange(chained, from, chained.length + 1);
    more[more.length - 1] = form;
    chained = more;
    return form;
  }

  /** The history that begins with it: one, whoever asks; null if it has too many forms. */
  synchronized Chained begin(GzipHistories histories) {
    Chained begun = after(null);
    if (begun != null || !hasRoom()) {
      return begun;
    }
    return add(new Chained(null, GzipHistory.begin(histories, this), null));
  }
}
