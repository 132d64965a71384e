package org.starcast.internal.log;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * The epoch, and the sequences of it that may have been given out, on the disk before they are: so
 * none is given out twice, whatever a crash takes away. Two copies in one file, written one after
 * the other in place: a torn write leaves the other one, and a full disk is no obstacle. Not
 * thread-safe.
 */
final class Reservation implements AutoCloseable {

  /** What the file says: sequences up to this one may have been given out. */
  record State(long version, String epoch, long upTo) {}

  private static final int COPY = 512;
  private static final long MAGIC = 0x5354415253455131L;
  private static final int FIELDS = 3 * Long.BYTES + 1 + 24;

  // not a FileChannel, which an interrupted thread would close
  private final RandomAccessFile file;
  private State state;

  Reservation(Path path) throws IOException {
    file = new RandomAccessFile(path.toFile(), "rw");
    State first = read(0);
    State second = read(1);
    state = first == null || second != null && second.version > first.version ? second : first;
  }

  /** What the disk knows; null if there is nothing, or nothing that can be read. */
  State state() {
    return state;
  }

  private State read(int copy) throws IOException {
    byte[] bytes = new byte[COPY];
    if (file.length() < (copy + 1L) * COPY) {
      return null;
    }
    file.seek((long) copy * COPY);
    file.readFully(bytes);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (in.getInt(FIELDS) != checksum(bytes) || in.getLong() != MAGIC) {
      return null;
    }
    long version = in.getLong();
    long upTo = in.getLong();
    byte[] name = new byte[in.get()];
    in.get(name);
    return new State(version, new String(name, StandardCharsets.US_ASCII), upTo);
  }

  /** Writes both copies; when this returns, the disk has them. */
  void write(String epoch, long upTo) throws IOException {
    State next = new State(state == null ? 1 : state.version + 1, epoch, upTo);
    byte[] name = epoch.getBytes(StandardCharsets.US_ASCII);
    ByteBuffer out = ByteBuffer.allocate(COPY);
    out.putLong(MAGIC).putLong(next.version).putLong(upTo).put((byte) name.length).put(name);
    out.putInt(FIELDS, checksum(out.array()));
    for (int copy = 0; copy < 2; copy++) {
      file.seek((long) copy * COPY);
      file.write(out.array());
      file.getFD().sync();
    }
    state = next;
  }

  private static int checksum(byte[] bytes) {
    CRC32C checksum = new CRC32C();
    checksum.update(bytes, 0, FIELDS);
    return (int) checksum.getValue();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
