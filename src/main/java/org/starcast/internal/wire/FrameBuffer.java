package org.starcast.internal.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** A growing array in which one frame is put together; not thread-safe. */
final class FrameBuffer {

  // the largest array that every JVM gives
  private static final int MAX_SIZE = Integer.MAX_VALUE - 8;

  // data of several lines is copied in words: a write may touch this many bytes behind the last one
  // that counts
  private static final int SLACK = Long.BYTES;

  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;

  private static final byte[] DATA = {'d', 'a', 't', 'a', ':', ' '};
  private static final int DATA_LENGTH = DATA.length;

  private final int room;
  private byte[] bytes;
  private int length;

  /**
   * An empty buffer.
   *
   * @param size the bytes expected; a better guess saves copies
   * @param room the bytes kept free at the end for what the caller adds
   */
  FrameBuffer(long size, int room) {
    this.room = room;
    this.bytes = new byte[checkSize(size + room)];
  }

  /**
   * The size that data of this length takes in one line, and is likely to need in several.
   *
   * @param prefix the length of what each line begins with
   */
  static long sizeOfData(int length, boolean severalLines, int prefix) {
    // room for lines of 32 bytes on average; shorter ones make the buffer grow
    long breaks = severalLines ? 2 + length / 32 : 0;
    return DATA_LENGTH + prefix + length + 1L + breaks * (1 + DATA_LENGTH + prefix);
  }

  /** Appends a line break without touching the room. */
  FrameBuffer lineBreak() {
    ensure(1);
    bytes[length++] = '\n';
    return this;
  }

  /** Appends bytes as they are. */
  FrameBuffer raw(byte[] text) {
    ensure(text.length);
    System.arraycopy(text, 0, bytes, length, text.length);
    length += text.length;
    return this;
  }

  /** Appends a comment line for each line of the text. */
  void comment(String text) {
    StringBuilder lines = new StringBuilder(text.length() + 16).append(':');
    boolean empty = true;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\n' || c == '\r') {
        lines.append("\n:");
        empty = true;
        if (c == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n') {
          i++;
        }
      } else {
        if (empty) {
          lines.append(' ');
          empty = false;
        }
        lines.append(c == 0 ? Utf8.REPLACEMENT : c);
      }
    }
    raw(Utf8.encode(lines.toString()));
    lineBreak();
  }

  /**
   * Appends a data line for each line of the text.
   *
   * @param text UTF-8
   * @param prefix what each line's data begins with, or nothing
   */
  void data(byte[] text, byte[] prefix) {
    // all that a line begins with behind a line break, in whole words: what is too much is
    // overwritten
    int breakLength = 1 + DATA_LENGTH + prefix.length;
    byte[] line = new byte[breakLength + Long.BYTES];
    line[0] = '\n';
    System.arraycopy(DATA, 0, line, 1, DATA_LENGTH);
    System.arraycopy(prefix, 0, line, 1 + DATA_LENGTH, prefix.length);
    ensure((long) breakLength + text.length + SLACK);
    byte[] out = bytes;
    int to = length;
    System.arraycopy(line, 1, out, to, breakLength - 1);
    to += breakLength - 1;
    int from = 0;
    int end = text.length;
    // here and at each turn: out has place for the rest of the text, the room and the slack
    while (from < end) {
      if (end - from >= Long.BYTES) {
        long word = (long) WORD.get(text, from);
        WORD.set(out, to, word);
        // a branch of its own: as a variable step, each load would wait for the look at the last
        if (below14(word) == 0) {
          from += Long.BYTES;
          to += Long.BYTES;
          continue;
        }
        int clean = cleanBytes(word);
        from += clean;
        to += clean;
        if (clean == Long.BYTES) {
          continue;
        }
      } else if (!isSpecial(text[from])) {
        out[to++] = text[from++];
        continue;
      }
      byte special = text[from++];
      if (special == '\r' && from < end && text[from] == '\n') {
        from++;
      }
      length = to;
      ensure((long) breakLength + (end - from) + 1 + SLACK);
      out = bytes;
      if (special == 0) {
        out[to++] = (byte) 0xEF;
        out[to++] = (byte) 0xBF;
        out[to++] = (byte) 0xBD;
      } else {
        for (int i = 0; i < breakLength; i += Long.BYTES) {
          WORD.set(out, to + i, (long) WORD.get(line, i));
        }
        to += breakLength;
      }
    }
    out[to++] = '\n';
    length = to;
  }

  /**
   * The high bits of all bytes below 14 (LF is 10, CR is 13) and, behind such a byte, perhaps those
   * of bytes that are 14; zero if there is none below 14.
   */
  private static long below14(long word) {
    return (word - 14 * ONES) & ~word & HIGH_BITS;
  }

  /** The count of bytes, from the lowest on, before the first special one. */
  private static int cleanBytes(long word) {
    for (long low = below14(word); low != 0; low &= low - 1) {
      int shift = Long.numberOfTrailingZeros(low) - 7;
      if (isSpecial((byte) (word >>> shift))) {
        return shift >>> 3;
      }
    }
    return Long.BYTES;
  }

  private static boolean isSpecial(byte b) {
    return b == '\n' || b == '\r' || b == 0;
  }

  /** The bytes, with nothing behind them. */
  byte[] toArray() {
    return bytes.length == length ? bytes : Arrays.copyOf(bytes, length);
  }

  /** The bytes and the room, in an array of about that size. */
  FrameTemplate toDraft() {
    // frames stay in the log and in queues: what is left over must not be much
    int unused = bytes.length - length - room;
    return new FrameTemplate(
        unused <= 64 + length / 8 ? bytes : Arrays.copyOf(bytes, length + room), length);
  }

  private void ensure(long more) {
    long needed = length + more + room;
    if (needed > bytes.length) {
      long grown = Math.min(MAX_SIZE, bytes.length + (bytes.length >> 1));
      bytes = Arrays.copyOf(bytes, checkSize(Math.max(needed, grown)));
    }
  }

  private static int checkSize(long size) {
    if (size > MAX_SIZE) {
      throw new IllegalArgumentException("message: its frame would exceed 2 GiB");
    }
    return (int) size;
  }
}
