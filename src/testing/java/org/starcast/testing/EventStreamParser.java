package org.starcast.testing;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A strict parser of {@code text/event-stream}, by WHATWG HTML, section 9.2.6: bytes in pieces of
 * any size go in, what an {@code EventSource} would make of them comes out. For tests that have the
 * bytes; {@link SseTestClient} reads a stream by itself. Thread-safe.
 */
public final class EventStreamParser {

  /** What a stream says, in its order. */
  public sealed interface Item permits ReceivedEvent, Comment, Retry {}

  /**
   * A comment line, as heartbeats are.
   *
   * @param text what follows the colon, less one space
   */
  public record Comment(String text) implements Item {}

  /**
   * A reconnection time.
   *
   * @param millis milliseconds
   */
  public record Retry(long millis) implements Item {}

  private final List<Item> items = new ArrayList<>();

  // UTF-8 decoder, WHATWG Encoding, section 8.1.1
  private int codePoint;
  private int needed;
  private int lower = 0x80;
  private int upper = 0xBF;
  private long malformed;

  // lines
  private final StringBuilder line = new StringBuilder();
  private boolean atStart = true;
  private boolean afterCr;

  // event
  private final StringBuilder data = new StringBuilder();
  private String type = "";
  private String idBuffer;
  private String lastEventId;

  /** For the first stream of a client. */
  public EventStreamParser() {
    this("");
  }

  /**
   * For the stream of a client that comes back.
   *
   * @param lastEventId what it sends as {@code Last-Event-ID}
   */
  public EventStreamParser(String lastEventId) {
    this.idBuffer = lastEventId;
    this.lastEventId = lastEventId;
  }

  /**
   * Takes the next bytes of the stream.
   *
   * @return this parser
   */
  public synchronized EventStreamParser feed(byte[] bytes, int offset, int length) {
    for (int i = offset; i < offset + length; i++) {
      decode(bytes[i] & 0xFF);
    }
    return this;
  }

  /**
   * Takes the next bytes of the stream.
   *
   * @return this parser
   */
  public EventStreamParser feed(byte[] bytes) {
    return feed(bytes, 0, bytes.length);
  }

  /**
   * Takes the next part of the stream, in UTF-8.
   *
   * @return this parser
   */
  public EventStreamParser feed(String text) {
    return feed(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns all items since the start or the last {@link #take}. */
  public synchronized List<Item> items() {
    return List.copyOf(items);
  }

  /** Returns the items, and forgets them. */
  public synchronized List<Item> take() {
    List<Item> taken = List.copyOf(items);
    items.clear();
    return taken;
  }

  /** Returns the events among the items. */
  public List<ReceivedEvent> events() {
    return only(ReceivedEvent.class);
  }

  /** Returns the comments among the items. */
  public List<Comment> comments() {
    return only(Comment.class);
  }

  /** Returns the reconnection times among the items. */
  public List<Retry> retries() {
    return only(Retry.class);
  }

  /** Returns the id that the client would send as {@code Last-Event-ID}; empty for none. */
  public synchronized String lastEventId() {
    return lastEventId;
  }

  /** Returns the count of byte sequences that were no UTF-8. */
  public synchronized long malformed() {
    return malformed;
  }

  private <T extends Item> List<T> only(Class<T> kind) {
    return items().stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  private void decode(int b) {
    if (needed == 0) {
      if (b <= 0x7F) {
        character(b);
      } else if (b >= 0xC2 && b <= 0xDF) {
        expect(1, b & 0x1F, 0x80, 0xBF);
      } else if (b >= 0xE0 && b <= 0xEF) {
        expect(2, b & 0x0F, b == 0xE0 ? 0xA0 : 0x80, b == 0xED ? 0x9F : 0xBF);
      } else if (b >= 0xF0 && b <= 0xF4) {
        expect(3, b & 0x07, b == 0xF0 ? 0x90 : 0x80, b == 0xF4 ? 0x8F : 0xBF);
      } else {
        malformed++;
        character(0xFFFD);
      }
      return;
    }
    if (b < lower || b > upper) {
      needed = 0;
      malformed++;
      character(0xFFFD);
      decode(b);
      return;
    }
    lower = 0x80;
    upper = 0xBF;
    codePoint = codePoint << 6 | b & 0x3F;
    if (--needed == 0) {
      character(codePoint);
    }
  }

  private void expect(int count, int bits, int lower, int upper) {
    needed = count;
    codePoint = bits;
    this.lower = lower;
    this.upper = upper;
  }

  private void character(int c) {
    boolean first = atStart;
    atStart = false;
    if (first && c == 0xFEFF) {
      return;
    }
    boolean secondOfPair = afterCr && c == '\n';
    afterCr = c == '\r';
    if (secondOfPair) {
      return;
    }
    if (c == '\n' || c == '\r') {
      String ended = line.toString();
      line.setLength(0);
      line(ended);
    } else {
      line.appendCodePoint(c);
    }
  }

  private void line(String line) {
    if (line.isEmpty()) {
      dispatch();
      return;
    }
    int colon = line.indexOf(':');
    String name = colon < 0 ? line : line.substring(0, colon);
    String value = colon < 0 ? "" : line.substring(colon + 1);
    if (value.startsWith(" ")) {
      value = value.substring(1);
    }
    if (colon == 0) {
      items.add(new Comment(value));
    } else {
      field(name, value);
    }
  }

  private void field(String name, String value) {
    switch (name) {
      case "event" -> type = value;
      case "data" -> data.append(value).append('\n');
      case "id" -> {
        if (value.indexOf(0) < 0) {
          idBuffer = value;
        }
      }
      case "retry" -> {
        if (value.matches("[0-9]{1,18}")) {
          items.add(new Retry(Long.parseLong(value)));
        }
      }
      default -> {
        // the specification ignores all others
      }
    }
  }

  private void dispatch() {
    lastEventId = idBuffer;
    if (data.length() > 0) {
      data.setLength(data.length() - 1);
      items.add(new ReceivedEvent(type.isEmpty() ? "message" : type, data.toString(), lastEventId));
    }
    data.setLength(0);
    type = "";
  }
}
