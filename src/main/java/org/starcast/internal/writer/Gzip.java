package org.starcast.internal.writer;

import java.util.Arrays;
import java.util.zip.Deflater;

/**
 * Deflates a frame once for all clients: raw deflate blocks without history that end on a byte
 * boundary (a flush) may follow each other in any selection, so that each client's gzip stream is
 * its own header and then the pieces that it gets (RFC 1951, section 3.2; RFC 1952, section 2.3).
 * The end of the gzip stream is never sent: a stream is cut off when it ends, as event streams are.
 * Each drain thread has one; not thread-safe.
 */
public final class Gzip {

  /** Magic, deflate, no flags, no time, unknown system. */
  static final byte[] HEADER = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, (byte) 0xff};

  /** What a stream begins with. */
  public static byte[] header() {
    return HEADER.clone();
  }

  /** The largest stored block, RFC 1951, section 3.2.4. */
  private static final int MAX_STORED = 0xffff;

  private final int minBytes;
  private final Deflater deflater;

  public Gzip(int level, int minBytes) {
    this.minBytes = minBytes;
    this.deflater = new Deflater(level, true);
  }

  /**
   * The piece that refers to nothing before it; stored if it is shorter than the least, or would
   * grow: it is never longer than {@link #storedLength}.
   */
  public byte[] deflate(byte[] bytes, int length) {
    if (length < minBytes) {
      return store(bytes, length);
    }
    deflater.reset();
    byte[] piece = deflate(deflater, bytes, length, Deflater.FULL_FLUSH);
    return piece.length > storedLength(length) ? store(bytes, length) : piece;
  }

  /** The piece that this deflater goes on with, to the end of its last byte. */
  public static byte[] deflate(Deflater deflater, byte[] bytes, int length, int flush) {
    deflater.setInput(bytes, 0, length);
    byte[] out = new byte[Math.max(64, length / 3)];
    int size = 0;
    while (true) {
      int n = deflater.deflate(out, size, out.length - size, flush);
      size += n;
      if (size < out.length) {
        return Arrays.copyOf(out, size);
      }
      out = Arrays.copyOf(out, out.length * 2);
    }
  }

  private static int blocks(int length) {
    return Math.max(1, (length + MAX_STORED - 1) / MAX_STORED);
  }

  /** The length of what is stored as it is. */
  public static int storedLength(int length) {
    return length + 5 * blocks(length);
  }

  /** Stored blocks, not final; they begin and end on byte boundaries as they are. */
  static byte[] store(byte[] bytes, int length) {
    int blocks = blocks(length);
    byte[] out = new byte[storedLength(length)];
    int from = 0;
    int to = 0;
    for (int block = 0; block < blocks; block++) {
      int n = Math.min(MAX_STORED, length - from);
      out[to] = 0;
      out[to + 1] = (byte) n;
      out[to + 2] = (byte) (n >> 8);
      out[to + 3] = (byte) ~n;
      out[to + 4] = (byte) (~n >> 8);
      System.arraycopy(bytes, from, out, to + 5, n);
      from += n;
      to += 5 + n;
    }
    return out;
  }

  /** Frees the deflater's native memory. */
  public void end() {
    deflater.end();
  }
}
