package org.starcast.internal.wire;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * An event-stream client after WHATWG HTML, section 9.2.6, written from its text and independently
 * of the encoder: bytes in chunks of any size go in, what an {@code EventSource} would see comes
 * out. Thread-safe, so that a test may feed it from a reader thread.
 */
public final class EventStreamParser {

  /** What a stream says, in its order. */
  public sealed interface Item permits Event, Comment, Retry {}

  /**
   * A dispatched event.
   *
   * @param event its type, {@code message} when the stream names none
   * @param data its data, lines joined by LF
   * @param lastEventId the last event id at that moment, empty if there was none
   */
  public record Event(String event, String data, String lastEventId) implements Item {}

  /** A comment line: what follows the colon, less one space. */
  public record Comment(String text) implements Item {}

  /** A reconnection time in milliseconds. */
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
  private String idBuffer = "";
  private String lastEventId = "";

  /** Takes the next bytes of the stream. */
  public synchronized EventStreamParser feed(byte[] bytes, int offset, int length) {
    for (int i = offset; i < offset + length; i++) {
      decode(bytes[i] & 0xFF);
    }
    return this;
  }

  /** As {@link #feed(byte[], int, int)}, all bytes. */
  public EventStreamParser feed(byte[] bytes) {
    return feed(bytes, 0, bytes.length);
  }

  /** As {@link #feed(byte[])}, the text in UTF-8. */
  public EventStreamParser feed(String text) {
    return feed(text.getBytes(StandardCharsets.UTF_8));
  }

  /** All items since the begin or the last {@link #take}. */
  public synchronized List<Item> items() {
    return List.copyOf(items);
  }

  /** The items, which are forgotten with that. */
  public synchronized List<Item> take() {
    List<Item> taken = List.copyOf(items);
    items.clear();
    return taken;
  }

  /** The events among the items. */
  public List<Event> events() {
    return only(Event.class);
  }

  /** The comments among the items. */
  public List<Comment> comments() {
    return only(Comment.class);
  }

  /** The reconnection times among the items. */
  public List<Retry> retries() {
    return only(Retry.class);
  }

  /** The id that the client would send as {@code Last-Event-ID}; empty for none. */
  public synchronized String lastEventId() {
    return lastEventId;
  }

  /** The count of byte sequences that were no UTF-8. */
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
      items.add(new Event(type.isEmpty() ? "message" : type, data.toString(), lastEventId));
    }
    data.setLength(0);
    type = "";
  }
}
