package org.starcast.internal.backplane;

import io.nats.client.Options;
import io.nats.client.impl.SocketDataPortWithWriteTimeout;
import io.nats.client.support.IncomingHeadersProcessor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What the client reads from the broker, with headers that it takes. The broker passes on any bytes
 * as headers, but the client ends its connection over those that are malformed, other than ASCII
 * say: any publisher could cut all nodes off. Such headers are replaced here by one that says so,
 * for {@link NatsWire} to leave that message out.
 *
 * <p>Made by the client for each connection, by its name: so it is public, and must be visible to
 * the class loader of {@code io.nats:jnats}. Of no use to applications. Used by one reading thread
 * at a time.
 */
public class NatsDataPort extends SocketDataPortWithWriteTimeout {

  private static final byte[] MALFORMED =
      ("NATS/1.0\r\n" + NatsWire.MALFORMED + ": 1\r\n\r\n").getBytes(StandardCharsets.US_ASCII);

  private static final byte[] WITH_HEADERS = "HMSG ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] WITHOUT_HEADERS = "MSG ".getBytes(StandardCharsets.US_ASCII);
  private static final int FIRST_SIZE = 64 << 10;

  private byte[] buffer = new byte[FIRST_SIZE];

  /** What the client has, what it may have, and what was read; in this order. */
  private int given;

  private int passed;
  private int filled;

  /** How much of a message is still to come, that is passed on as it is. */
  private long rest;

  /** For the client. */
  public NatsDataPort() {}

  /**
   * Has connections be of this kind.
   *
   * @throws IllegalArgumentException if the client cannot find this class
   */
  static Options.Builder use(Options.Builder options) {
    String name = NatsDataPort.class.getName();
    try {
      if (Class.forName(name, false, Options.class.getClassLoader()) == NatsDataPort.class) {
        return options.dataPortType(name);
      }
    } catch (ClassNotFoundException e) {
      // as when it finds another one
    }
    throw new IllegalArgumentException(
        "starcast.backplane: nats needs the library io.nats:jnats in the same folder as Starcast's"
            + " jar");
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    while (given == passed) {
      if (given == filled && rest > 0) {
        int read = receive(target, offset, (int) Math.min(length, rest));
        rest -= Math.max(0, read);
        return read;
      }
      try {
        if (!pass() && !fill()) {
          return -1;
        }
      } catch (IndexOutOfBoundsException | NumberFormatException e) {
        throw new IOException("the broker does not keep to its protocol", e);
      }
    }
    int n = Math.min(length, passed - given);
    System.arraycopy(buffer, given, target, offset, n);
    given += n;
    return n;
  }

  /** What comes next; -1 at the end. */
  int receive(byte[] target, int offset, int length) throws IOException {
    return super.read(target, offset, length);
  }

  private boolean fill() throws IOException {
    if (given > 0) {
      System.arraycopy(buffer, given, buffer, 0, filled - given);
      filled -= given;
      passed -= given;
      given = 0;
    }
    if (filled == buffer.length) {
      buffer = Arrays.copyOf(buffer, 2 * buffer.length);
    }
    int read = receive(buffer, filled, buffer.length - filled);
    filled += Math.max(0, read);
    return read >= 0;
  }

  /** Has the client get what is complete; false if more has to be read first. */
  private boolean pass() {
    if (passed == filled) {
      return false;
    }
    if (rest > 0) {
      int n = (int) Math.min(rest, filled - passed);
      rest -= n;
      passed += n;
      return true;
    }
    int end = passed;
    while (end < filled && buffer[end] != '\n') {
      end++;
    }
    if (end == filled) {
      return false;
    }
    end++;
    if (isAt(WITH_HEADERS)) {
      return passMessage(end);
    }
    if (isAt(WITHOUT_HEADERS)) {
      rest = number(end, 1) + 2;
    }
    passed = end;
    return true;
  }

  private boolean isAt(byte[] operation) {
    int end = Math.min(filled, passed + operation.length);
    return Arrays.equals(buffer, passed, end, operation, 0, operation.length);
  }

  /** The lengths of headers and of all are the last two words of the line. */
  private boolean passMessage(int end) {
    int headers = (int) number(end, 2);
    long total = number(end, 1);
    if (headers > filled - end) {
      return false;
    }
    rest = total - headers + 2;
    if (isTaken(Arrays.copyOfRange(buffer, end, end + headers))) {
      passed = end + headers;
      return true;
    }
    String line = new String(buffer, passed, end - passed, StandardCharsets.ISO_8859_1).trim();
    String subject = line.substring(0, line.lastIndexOf(' ', line.lastIndexOf(' ') - 1));
    byte[] replaced =
        (subject + " " + MALFORMED.length + " " + (total - headers + MALFORMED.length) + "\r\n")
            .getBytes(StandardCharsets.ISO_8859_1);
    int behind = filled - end - headers;
    byte[] next = new byte[Math.max(buffer.length, replaced.length + MALFORMED.length + behind)];
    System.arraycopy(replaced, 0, next, 0, replaced.length);
    System.arraycopy(MALFORMED, 0, next, replaced.length, MALFORMED.length);
    System.arraycopy(buffer, end + headers, next, replaced.length + MALFORMED.length, behind);
    buffer = next;
    given = 0;
    passed = replaced.length + MALFORMED.length;
    filled = passed + behind;
    return true;
  }

  /** A word of a line, counted from its end; the broker writes these lines, and no publisher. */
  private long number(int end, int fromLast) {
    int at = end - 1;
    for (int word = 1; ; word++) {
      while (buffer[at] <= ' ') {
        at--;
      }
      int last = at;
      while (buffer[at] > ' ') {
        at--;
      }
      if (word == fromLast) {
        return Long.parseLong(new String(buffer, at + 1, last - at, StandardCharsets.US_ASCII));
      }
    }
  }

  private static boolean isTaken(byte[] headers) {
    try {
      new IncomingHeadersProcessor(headers);
      return true;
    } catch (RuntimeException e) {
      return false;
    }
  }
}
