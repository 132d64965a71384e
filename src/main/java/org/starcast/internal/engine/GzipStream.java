package org.starcast.internal.engine;

import java.lang.ref.WeakReference;
import org.starcast.internal.engine.CompressedFrame.Chained;
import org.starcast.internal.engine.GzipHistory.Position;
import org.starcast.internal.writer.Gzip;

/**
 * The gzip stream of one client: which form of each frame it takes. Used by the client's drain
 * thread.
 *
 * <p>It is at a position of a history, or at none. Besides it watches which older history, or any
 * if it has none, has gone on with the same frames; when these are 32 KiB, that history's is all
 * that the client's inflater remembers, and it goes over to it. So clients that get the same come
 * together, whenever they connected.
 */
final class GzipStream {

  /** After so many frames without a history one is begun, though others have got these frames. */
  private static final int MAX_MISSES = 4;

  private final GzipHistories histories;

  /** Where it is; null for nowhere. */
  private Position at;

  /** Where it would be in the history that it watches, before the last frame; or null. */
  private Position watched;

  /** How many bytes up to there it has got alike. */
  private int alike;

  /** How often what it watched went on with another frame. */
  private int misses;

  private WeakReference<CompressedFrame> lastFrame;
  private int lastLength;

  GzipStream(GzipHistories histories) {
    this.histories = histories;
  }

  /**
   * The bytes that the stream goes on with.
   *
   * @param gzip makes what has not been made yet
   */
  byte[] next(Frame frame, Gzip gzip) {
    CompressedFrame forms = frame.compressed();
    Chained form = null;
    if (histories.areKept()) {
      watch();
      form = step(frame, forms);
      lastFrame = forms.reference();
      lastLength = frame.length();
    }
    at = form == null ? null : form.behind().arrive();
    return form == null || form.piece() == null ? forms.independent(frame, gzip) : form.piece();
  }

  /** The form to take; null for that which refers to nothing, with which no history begins. */
  private Chained step(Frame frame, CompressedFrame forms) {
    if (at != null) {
      Chained form = forms.after(at);
      if (form == null) {
        form = at.history().append(at, frame, forms);
      }
      if (form != null) {
        return form;
      }
    }
    if (frame.isControl()) {
      return null;
    }
    Chained begun = forms.after(null);
    if (begun == null && (forms.isInNoHistory() || misses >= MAX_MISSES)) {
      begun = forms.begin(histories);
      misses = 0;
    }
    return begun;
  }

  /**
   * Looks which histories have gone on with the last frame. Not sooner than now, as other clients
   * get it at the same time.
   */
  private void watch() {
    CompressedFrame last = lastFrame == null ? null : lastFrame.get();
    Chained step = last == null || watched == null ? null : last.after(watched);
    if (step == null) {
      misses += watched == null ? 0 : 1;
      alike = 0;
      step = last == null ? null : last.oldest();
    }
    if (step == null || at != null && !step.behind().history().isOlderThan(at.history())) {
      watched = null;
      alike = 0;
      return;
    }
    watched = step.behind();
    alike += lastLength;
    if (alike >= GzipHistory.WINDOW) {
      at = watched.arrive();
      watched = null;
      alike = 0;
      misses = 0;
    }
  }
}
