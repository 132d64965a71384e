package org.starcast.internal.log;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32C;
import org.starcast.spi.StoredEvent;

/** Reads a file of {@link Records}, which anything may have happened to. Not thread-safe. */
final class RecordReader implements AutoCloseable {

  /** Something is there that was not written here, or not wholly. */
  static final class DamagedException extends IOException {
    private static final long serialVersionUID = 1L;

    DamagedException(String message) {
      super(message);
    }
  }

  private static final int MAX_SHARED = 10_000;

  private final DataInputStream in;
  private final long size;
  private final Map<String, String> shared = new HashMap<>();
  private long position;

  /** Less than that of what stands before the first event. */
  private long lastSequence = -1;

  RecordReader(Path file) throws IOException {
    size = Files.size(file);
    in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16));
  }

  /**
   * Reads the header.
   *
   * @throws DamagedException if there is none of this epoch
   */
  void readHeader(String epoch) throws IOException {
    if (!Arrays.equals(in.readNBytes(Records.HEADER), Records.header(epoch))) {
      throw new DamagedException("it has no header of this log");
    }
    position = Records.HEADER;
  }

  /** Reads the next event; null at the end. */
  StoredEvent read() throws IOException {
    if (position == size) {
      return null;
    }
    try {
      int length = in.readInt();
      int expected = in.readInt();
      if (length < 0 || length > Records.MAX_RECORD || length > size - position - Records.PREFIX) {
        throw new DamagedException("a record has a length that cannot be");
      }
      byte[] body = in.readNBytes(length);
      if (body.length < length) {
        throw new EOFException();
      }
      CRC32C checksum = new CRC32C();
      checksum.update(body);
      if ((int) checksum.getValue() != expected) {
        throw new DamagedException("a record has another checksum than its bytes");
      }
      StoredEvent event = event(ByteBuffer.wrap(body));
      if (event.sequence() <= lastSequence) {
        throw new DamagedException("a record is not in its place");
      }
      lastSequence = event.sequence();
      position += Records.PREFIX + length;
      return event;
    } catch (EOFException e) {
      throw new DamagedException("a record is cut off");
    } catch (BufferUnderflowException | NegativeArraySizeException e) {
      throw new DamagedException("a record has other fields than it says");
    }
  }

  /** Where the last record that was read ends. */
  long position() {
    return position;
  }

  private StoredEvent event(ByteBuffer body) throws DamagedException {
    long sequence = body.getLong();
    long time = body.getLong();
    List<String> topics = texts(body);
    int sender = body.getInt();
    String from = sender < 0 ? null : text(body, sender);
    Set<String> except = Set.copyOf(texts(body));
    byte[] bytes = bytes(body, body.getInt());
    return new StoredEvent(sequence, time, topics, from, except, bytes, bytes.length);
  }

  private List<String> texts(ByteBuffer body) throws DamagedException {
    int count = body.getInt();
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      texts.add(text(body, body.getInt()));
    }
    return List.copyOf(texts);
  }

  /** Many events have the same topics; one copy of each is enough. */
  private String text(ByteBuffer body, int length) throws DamagedException {
    String text = new String(bytes(body, length), StandardCharsets.UTF_8);
    if (shared.size() >= MAX_SHARED) {
      shared.clear();
    }
    String before = shared.putIfAbsent(text, text);
    return before == null ? text : before;
  }

  private static byte[] bytes(ByteBuffer body, int length) throws DamagedException {
    if (length > body.remaining()) {
      throw new DamagedException("a record has other fields than it says");
    }
    byte[] bytes = new byte[length];
    body.get(bytes);
    return bytes;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
