package org.starcast.internal.log;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32C;
import org.starcast.spi.StoredEvent;

/**
 * Events as bytes for a file: a header that names the format and the epoch, then record after
 * record, each with its length and checksum, so that whatever happened to the file, what {@link
 * RecordReader} reads is what was written. Not thread-safe.
 */
final class Records {

  /** "STARCAST", and the version of the format. */
  private static final long MAGIC = 0x5354415243415354L;

  private static final int VERSION = 1;
  static final int HEADER = Long.BYTES + Integer.BYTES + 1 + 24 + Integer.BYTES;

  /** Length and checksum. */
  static final int PREFIX = 2 * Integer.BYTES;

  /** The largest record: some more than the largest message. */
  static final int MAX_RECORD = 128 << 20;

  private static final int KEPT_BUFFER = 1 << 20;

  private final CRC32C checksum = new CRC32C();
  private ByteBuffer buffer = ByteBuffer.allocate(64 << 10);

  /** The bytes since {@link #clear}, from the begin of this array. */
  byte[] bytes() {
    return buffer.array();
  }

  int length() {
    return buffer.position();
  }

  void clear() {
    if (buffer.capacity() > KEPT_BUFFER) {
      buffer = ByteBuffer.allocate(KEPT_BUFFER);
    }
    buffer.clear();
  }

  /** Adds an event; false if it is too large. */
  boolean add(StoredEvent event) {
    byte[][] topics = new byte[event.topics().size()][];
    long length = 4L * Integer.BYTES + 2 * Long.BYTES + event.length();
    for (int i = 0; i < topics.length; i++) {
      topics[i] = utf8(event.topics().get(i));
      length += Integer.BYTES + topics[i].length;
    }
    byte[] sender = event.sender() == null ? null : utf8(event.sender());
    length += sender == null ? 0 : sender.length;
    List<byte[]> except = event.except().stream().map(Records::utf8).toList();
    for (byte[] id : except) {
      length += Integer.BYTES + id.length;
    }
    if (length > MAX_RECORD) {
      return false;
    }
    room(PREFIX + (int) length);
    int start = buffer.position();
    buffer.position(start + PREFIX);
    buffer.putLong(event.sequence()).putLong(event.time()).putInt(topics.length);
    for (byte[] topic : topics) {
      put(topic);
    }
    if (sender == null) {
      buffer.putInt(-1);
    } else {
      put(sender);
    }
    buffer.putInt(except.size());
    except.forEach(this::put);
    buffer.putInt(event.length()).put(event.bytes(), 0, event.length());
    int body = buffer.position() - start - PREFIX;
    buffer.putInt(start, body);
    buffer.putInt(start + Integer.BYTES, checksum(buffer.array(), start + PREFIX, body));
    return true;
  }

  private void put(byte[] text) {
    buffer.putInt(text.length).put(text);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private void room(int more) {
    if (buffer.remaining() < more) {
      int needed = Math.addExact(buffer.position(), more);
      ByteBuffer larger = ByteBuffer.allocate((int) Math.min(1 << 30, 2L * needed));
      larger.put(buffer.flip());
      buffer = larger;
    }
  }

  /** The header that each file begins with. */
  static byte[] header(String epoch) {
    byte[] name = epoch.getBytes(StandardCharsets.US_ASCII);
    ByteBuffer header = ByteBuffer.allocate(HEADER);
    header.putLong(MAGIC).putInt(VERSION).put((byte) name.length).put(name);
    CRC32C checksum = new CRC32C();
    checksum.update(header.array(), 0, HEADER - Integer.BYTES);
    return header.putInt(HEADER - Integer.BYTES, (int) checksum.getValue()).array();
  }

  private int checksum(byte[] bytes, int offset, int length) {
    checksum.reset();
    checksum.update(bytes, offset, length);
    return (int) checksum.getValue();
  }
}
