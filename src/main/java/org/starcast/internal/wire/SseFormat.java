package org.starcast.internal.wire;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * The event-stream format (WHATWG HTML, section 9.2): checks of the field values and the only place
 * that produces its bytes.
 *
 * <p>For any input a parser gives back the message that went in, with three changes that the format
 * forces: line breaks (CRLF, CR) in data arrive as LF, and NUL and lone surrogates as U+FFFD. No
 * input starts a line of its own making. All methods are thread-safe; a {@link FrameTemplate} is
 * not.
 */
public final class SseFormat {

  /** The most characters of an event name or an id. */
  public static final int MAX_FIELD_LENGTH = 256;

  /** The longest reconnection time: 24 hours. */
  public static final Duration MAX_RETRY = Duration.ofHours(24);

  private static final byte[] EVENT = ascii("event: ");
  private static final byte[] ID = ascii("id: ");
  private static final byte[] RETRY = ascii("retry: ");
  private static final byte[] DATA = ascii("data: ");
  private static final byte[] NOTHING = {};

  private SseFormat() {}

  /**
   * Returns the value if it is 1 to 256 characters without line breaks (CR, LF), NUL and lone
   * surrogates.
   *
   * @throws IllegalArgumentException if it is not; the message begins with the name
   */
  public static String checkField(String name, String value) {
    Objects.requireNonNull(value, name);
    int length = value.length();
    if (length == 0 || length > MAX_FIELD_LENGTH) {
      throw new IllegalArgumentException(
          name + ": must be 1 to " + MAX_FIELD_LENGTH + " characters, has " + length);
    }
    for (int i = 0; i < length; i++) {
      char c = value.charAt(i);
      if (c == '\n' || c == '\r' || c == 0) {
        throw new IllegalArgumentException(
            name + ": has " + (c == 0 ? "NUL" : "a line break") + " at index " + i);
      }
      if (Character.isSurrogate(c)) {
        if (!Utf8.isPairAt(value, i)) {
          throw new IllegalArgumentException(name + ": has a lone surrogate at index " + i);
        }
        i++;
      }
    }
    return value;
  }

  /**
   * Returns the id if it is empty, which has a client forget the last one (WHATWG HTML, section
   * 9.2.6), or as {@link #checkField} wants it.
   *
   * @throws IllegalArgumentException if it is neither
   */
  public static String checkId(String id) {
    return id != null && id.isEmpty() ? id : checkField("id", id);
  }

  /**
   * Returns the value, cut to whole milliseconds, if it is 0 to 24 hours. Zero is one of the
   * format's values: no wait.
   *
   * @throws IllegalArgumentException if it is negative or longer
   */
  public static Duration checkRetry(Duration retry) {
    Objects.requireNonNull(retry, "retry");
    if (retry.isNegative() || retry.compareTo(MAX_RETRY) > 0) {
      throw new IllegalArgumentException("retry: must be 0 to 24 hours, is " + retry);
    }
    return retry.truncatedTo(ChronoUnit.MILLIS);
  }

  /**
   * Checks the size of a message.
   *
   * @param bytes its encoded bytes
   * @param most {@code starcast.message.max-bytes}
   * @throws IllegalArgumentException if it is too large
   */
  public static void checkSize(int bytes, int most) {
    if (bytes > most) {
      throw new IllegalArgumentException(
          "data: the message has "
              + bytes
              + " bytes, at most "
              + most
              + " (starcast.message.max-bytes)");
    }
  }

  /**
   * One complete frame of a message to one client: comment, event, id, retry, data, blank line.
   * Parts that are null are left out.
   *
   * @param event the event's name, see {@link #checkField}
   * @param id the application's own id, see {@link #checkId}
   * @param retry see {@link #checkRetry}
   * @param data one line for each of its lines; the empty text is one empty line
   * @param comment one comment line for each of its lines
   * @throws IllegalArgumentException if event, id or retry are out of bounds, or the frame would
   *     exceed 2 GiB
   */
  public static byte[] encode(
      String event, String id, Duration retry, CharSequence data, String comment) {
    return frame(event, id, retry, data, comment, 0).lineBreak().toArray();
  }

  /**
   * The frame of a published message, whose id is not known yet: comment, event, retry and data,
   * with room for what {@link FrameTemplate#finish} appends. The parameters are those of {@link
   * #encode}.
   *
   * @throws IllegalArgumentException as {@link #encode}
   */
  public static FrameTemplate draft(
      String event, Duration retry, CharSequence data, String comment) {
    return draft(event, null, retry, data, comment);
  }

  /**
   * As {@link #draft(String, Duration, CharSequence, String)}, with an id of the application's own;
   * to be finished {@linkplain FrameTemplate#withoutPlace without} another.
   *
   * @throws IllegalArgumentException as {@link #encode}
   */
  public static FrameTemplate draft(
      String event, String id, Duration retry, CharSequence data, String comment) {
    return frame(event, id, retry, data, comment, FrameTemplate.ROOM).toDraft();
  }

  /**
   * The draft of a message whose body another node encoded, or somebody who says so.
   *
   * @param body UTF-8; copied
   * @throws IllegalArgumentException if it is no body that {@link #draft} makes of a message: it
   *     has other lines, event or retry twice or out of bounds, or neither data nor comment nor
   *     retry
   */
  public static FrameTemplate draft(byte[] body) {
    boolean event = false;
    boolean retry = false;
    boolean content = false;
    for (int from = 0; from < body.length; ) {
      int end = from;
      while (end < body.length && body[end] != '\n') {
        if (body[end] == '\r' || body[end] == 0) {
          throw new IllegalArgumentException("frame: has a CR or NUL at index " + end);
        }
        end++;
      }
      if (end < body.length && (body[from] == ':' || startsWith(DATA, body, from, end))) {
        content = true;
      } else if (end < body.length && !event && startsWith(EVENT, body, from, end)) {
        event = true;
        checkField("event", value(EVENT, body, from, end));
      } else if (end < body.length && !retry && startsWith(RETRY, body, from, end)) {
        retry = true;
        checkMillis(value(RETRY, body, from, end));
      } else {
        throw new IllegalArgumentException("frame: has a line that is none of a body at " + from);
      }
      from = end + 1;
    }
    if (!content && !retry) {
      throw new IllegalArgumentException("frame: has neither data nor comment nor retry");
    }
    return new FrameTemplate(Arrays.copyOf(body, body.length + FrameTemplate.ROOM), body.length);
  }

  /** The event's name in a body that {@link #draft} makes; null if it has none. */
  public static String eventOf(byte[] body, int length) {
    for (int from = 0; from < length; ) {
      int end = from;
      while (body[end] != '\n') {
        end++;
      }
      if (startsWith(EVENT, body, from, end)) {
        return value(EVENT, body, from, end);
      }
      from = end + 1;
    }
    return null;
  }

  private static String value(byte[] prefix, byte[] line, int from, int end) {
    int start = from + prefix.length;
    return new String(line, start, end - start, StandardCharsets.UTF_8);
  }

  private static void checkMillis(String retry) {
    if (!retry.matches("[0-9]{1,8}")) {
      throw new IllegalArgumentException("retry: must be 1 to 8 digits");
    }
    checkRetry(Duration.ofMillis(Long.parseLong(retry)));
  }

  /** A frame of comment lines only, which clients ignore; the empty text gives {@code ":\n\n"}. */
  public static byte[] comment(String text) {
    Objects.requireNonNull(text, "comment");
    return encode(null, null, null, null, text);
  }

  /**
   * An empty comment line that is no frame: it belongs to the next one, if any. The shortest
   * heartbeat; some clients take a frame of comments alone for a message without data.
   */
  public static byte[] commentLine() {
    return new byte[] {':', '\n'};
  }

  /**
   * A frame that sets the client's reconnection time and nothing else.
   *
   * @throws IllegalArgumentException as {@link #checkRetry}
   */
  public static byte[] retry(Duration retry) {
    Objects.requireNonNull(retry, "retry");
    return encode(null, null, retry, null, null);
  }

  /**
   * What a frame says; of the fields that it does not have, nothing.
   *
   * @param event the event's name
   * @param id the id
   * @param retry the reconnection time
   * @param data the data, its lines joined by LF
   * @param comment the comment, its lines joined by LF
   */
  public record Fields(
      Optional<String> event,
      Optional<String> id,
      Optional<Duration> retry,
      Optional<String> data,
      Optional<String> comment) {}

  /**
   * A frame, or several, that {@link FrameTemplate#finish} ended, less the id lines.
   *
   * @param length the length of what is in the array
   */
  public static byte[] withoutId(byte[] bytes, int length) {
    byte[] left = new byte[length];
    int to = 0;
    int from = 0;
    while (from < length) {
      int end = from;
      while (bytes[end] != '\n') {
        end++;
      }
      end++;
      if (!startsWith(ID, bytes, from, end)) {
        System.arraycopy(bytes, from, left, to, end - from);
        to += end - from;
      }
      from = end;
    }
    return Arrays.copyOf(left, to);
  }

  private static boolean startsWith(byte[] prefix, byte[] bytes, int from, int end) {
    return end - from >= prefix.length
        && Arrays.equals(bytes, from, from + prefix.length, prefix, 0, prefix.length);
  }

  /** Frames that this class made, which have LF and no CR anywhere, with other line breaks. */
  public static byte[] withSeparator(String separator, byte[] bytes, int offset, int length) {
    // one character for each byte
    String frames = new String(bytes, offset, length, StandardCharsets.ISO_8859_1);
    return frames.replace("\n", separator).getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Reads a frame that this class made; not a parser of other people's streams. */
  public static Fields decode(byte[] bytes, int length) {
    return decode(new String(bytes, 0, length, StandardCharsets.UTF_8));
  }

  /** As {@link #decode(byte[], int)}. */
  public static Fields decode(String frame) {
    String event = null;
    String id = null;
    String retry = null;
    StringJoiner data = null;
    StringJoiner comment = null;
    for (String line : frame.split("\n")) {
      int colon = line.indexOf(':');
      if (colon < 0) {
        continue;
      }
      String value = line.substring(line.startsWith(" ", colon + 1) ? colon + 2 : colon + 1);
      switch (line.substring(0, colon)) {
        case "event" -> event = value;
        case "id" -> id = value;
        case "retry" -> retry = value;
        case "data" -> data = (data == null ? new StringJoiner("\n") : data).add(value);
        default -> comment = (comment == null ? new StringJoiner("\n") : comment).add(value);
      }
    }
    return new Fields(
        Optional.ofNullable(event),
        Optional.ofNullable(id),
        Optional.ofNullable(retry).map(millis -> Duration.ofMillis(Long.parseLong(millis))),
        Optional.ofNullable(data).map(StringJoiner::toString),
        Optional.ofNullable(comment).map(StringJoiner::toString));
  }

  private static FrameBuffer frame(
      String event, String id, Duration retry, CharSequence data, String comment, int room) {
    byte[] name = event == null ? null : Utf8.encode(checkField("event", event));
    byte[] ownId = id == null ? null : Utf8.encode(checkId(id));
    byte[] time = retry == null ? null : ascii(Long.toString(checkRetry(retry).toMillis()));
    PrefixedLines lines = data instanceof PrefixedLines prefixed ? prefixed : null;
    byte[] head = lines == null || lines.head().isEmpty() ? null : Utf8.encode(lines.head());
    byte[] prefix = lines == null ? NOTHING : lines.prefix();
    String text = data == null ? null : lines == null ? data.toString() : lines.text();
    byte[] body = text == null ? null : Utf8.encode(text);
    // most messages are one line of JSON; to find that out so is far cheaper than to copy with a
    // look at each byte
    boolean severalLines = text != null && text.indexOf('\n') >= 0;
    boolean plain =
        text != null
            && lines == null
            && !severalLines
            && text.indexOf('\r') < 0
            && text.indexOf(0) < 0;

    long size = 1; // the blank line
    size += comment == null ? 0 : comment.length() + 16L;
    size += sizeOfField(EVENT, name) + sizeOfField(ID, ownId) + sizeOfField(RETRY, time);
    size += head == null ? 0 : FrameBuffer.sizeOfData(head.length, true, 0);
    if (body != null) {
      size += FrameBuffer.sizeOfData(body.length, severalLines, prefix.length);
    }
    FrameBuffer frame = new FrameBuffer(size, room);
    if (comment != null) {
      frame.comment(comment);
    }
    field(frame, EVENT, name);
    field(frame, ID, ownId);
    field(frame, RETRY, time);
    if (head != null) {
      // less the last line break, which ends its last line
      frame.data(Arrays.copyOf(head, head.length - 1), NOTHING);
    }
    if (plain) {
      field(frame, DATA, body);
    } else if (body != null) {
      frame.data(body, prefix);
    }
    return frame;
  }

  private static int sizeOfField(byte[] prefix, byte[] value) {
    return value == null ? 0 : prefix.length + value.length + 1;
  }

  private static void field(FrameBuffer frame, byte[] prefix, byte[] value) {
    if (value != null) {
      frame.raw(prefix).raw(value).lineBreak();
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
