package org.starcast.internal.engine;

import java.util.ArrayList;
import java.util.List;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.writer.Gzip;

/** What one cycle of a drain thread writes to a client, as one write. Used by that thread alone. */
final class WriteBatch {

  /** Frames from this size on are written alone, from their own bytes, not copied. */
  private static final int DIRECT_BYTES = 8 << 10;

  /** The most events of one cycle that its span names. */
  private static final int MAX_SPANS = 128;

  private final Gzip gzip;
  private final int maxBytes;
  private final byte[] copied;

  /** What is for a gzip stream, and not compressed yet. */
  private final List<Frame> plain = new ArrayList<>();

  private GzipStream stream;

  /** Where the bytes are: one frame's own, or {@link #copied}. */
  byte[] bytes;

  int length;
  int frames;

  /** How many of the frames the accounts count, and have not counted yet. */
  int counted;

  /** When the oldest event was published that came through a queue; 0 for none. */
  long published;

  /** The spans of the events; empty unless deliveries are traced. */
  final List<Object> spans = new ArrayList<>(0);

  WriteBatch(StarcastConfig config) {
    this.maxBytes = config.writer().batchBytes();
    this.copied = new byte[maxBytes];
    this.gzip = new Gzip(config.writer().gzipLevel(), config.writer().gzipMinBytes());
  }

  /** Empties it. */
  void begin() {
    bytes = null;
    length = 0;
    frames = 0;
    counted = 0;
    published = 0;
    spans.clear();
    plain.clear();
    stream = null;
  }

  /** Takes a frame of a queue, which has been added, into the accounts. */
  void count(Frame frame) {
    if (frame.counted) {
      counted++;
      if (published == 0) {
        published = frame.published;
      }
      if (frame.span != null && spans.size() < MAX_SPANS) {
        spans.add(frame.span);
      }
    }
  }

  /**
   * Adds a frame, unless it no longer fits: then false.
   *
   * @param gzip the client's gzip stream, which {@link #compress} writes; or null
   */
  boolean add(Frame frame, GzipStream gzip) {
    if (gzip == null) {
      return add(frame.bytes(), frame.length());
    }
    int most = Gzip.storedLength(frame.length());
    if (frames > 0 && length + most > maxBytes) {
      return false;
    }
    stream = gzip;
    plain.add(frame);
    length += most;
    frames++;
    return true;
  }

  /** Compresses what is to be; not under a lock that publishers wait for. */
  void compress() {
    if (plain.isEmpty()) {
      return;
    }
    frames = 0;
    length = 0;
    for (Frame frame : plain) {
      byte[] piece = stream.next(frame, gzip);
      append(piece, piece.length);
    }
    plain.clear();
  }

  private boolean add(byte[] more, int size) {
    if (frames > 0 && (length + size > maxBytes || frames == 1 && length >= DIRECT_BYTES)) {
      return false;
    }
    append(more, size);
    return true;
  }

  private void append(byte[] more, int size) {
    if (frames == 0) {
      // a frame alone is written from its own bytes
      bytes = more;
    } else {
      if (frames == 1) {
        System.arraycopy(bytes, 0, copied, 0, length);
        bytes = copied;
      }
      System.arraycopy(more, 0, copied, length, size);
    }
    length += size;
    frames++;
  }

  /** Frees the compressor. */
  void end() {
    gzip.end();
  }
}
