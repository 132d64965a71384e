package org.starcast.internal.backplane;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import org.starcast.internal.Arguments;
import org.starcast.internal.topic.TopicName;
import org.starcast.internal.wire.FrameTemplate;
import org.starcast.internal.wire.LibraryEvents;
import org.starcast.internal.wire.SseFormat;
import org.starcast.spi.OutgoingEvent;

/**
 * The bounds of events that nodes share, those of {@link org.starcast.SseMessage}: what is out of
 * them is not stored; and where somebody else has stored it, all nodes leave it out.
 */
final class EventBounds {

  private static final Pattern KEY = Pattern.compile("[!-~]{0,255}[!-~&&[^.]]");

  private EventBounds() {}

  /**
   * Checks an event that is to be stored, whose frame was encoded here.
   *
   * @throws IllegalArgumentException if it is out of bounds; names the parameter, the problem and
   *     the bound
   */
  static void check(OutgoingEvent event) {
    checkTexts(event.topics(), event.sender(), event.except(), event.coalesceKey(), event.key());
    checkName(event.bytes(), event.bodyLength(), event.topics(), event.sender());
  }

  /**
   * The event that these parts are, which somebody has stored.
   *
   * @param body the frame's
   * @param maxBytes the most bytes of it
   * @throws IllegalArgumentException if it is out of bounds, or malformed
   */
  static OutgoingEvent event(
      List<String> topics,
      String sender,
      List<String> except,
      String coalesceKey,
      String key,
      byte[] body,
      int maxBytes) {
    checkTexts(topics, sender, except, coalesceKey, key);
    FrameTemplate draft = frame(body, maxBytes);
    checkName(body, body.length, topics, sender);
    return new EncodedEvent(topics, sender, except, coalesceKey, key, draft);
  }

  private static void checkTexts(
      Collection<String> topics,
      String sender,
      Collection<String> except,
      String coalesceKey,
      String key) {
    TopicName.checkAll(topics);
    TopicName.checkExcept(except);
    if (sender != null) {
      TopicName.checkSender(sender);
    }
    if (coalesceKey != null) {
      TopicName.checkText("coalesce", coalesceKey);
    }
    if (key != null) {
      Arguments.matching(
          "key", key, KEY, "must be 1 to 256 characters of visible ASCII, the last no dot");
    }
  }

  /**
   * Checks the name of an event, in both directions, so that no node delivers what the others leave
   * out.
   *
   * @throws IllegalArgumentException if it is one of the library's own that is not published there
   */
  static void checkName(byte[] body, int length, List<String> topics, String sender) {
    LibraryEvents.check(SseFormat.eventOf(body, length), topics, sender);
  }

  /**
   * The frame of a body that somebody has stored.
   *
   * @throws IllegalArgumentException if it is too large, malformed, or not UTF-8
   */
  static FrameTemplate frame(byte[] body, int maxBytes) {
    checkSize(body.length, maxBytes);
    if (!isAscii(body)) {
      text(body);
    }
    return SseFormat.draft(body);
  }

  /**
   * Checks the size of a frame.
   *
   * @throws IllegalArgumentException if it is too large
   */
  static void checkSize(int length, int maxBytes) {
    if (length > maxBytes) {
      throw new IllegalArgumentException(
          "message: has " + length + " bytes, more than starcast.message.max-bytes");
    }
  }

  private static boolean isAscii(byte[] bytes) {
    for (byte b : bytes) {
      if (b < 0) {
        return false;
      }
    }
    return true;
  }

  /**
   * The text that these bytes are.
   *
   * @throws IllegalArgumentException if they are not UTF-8
   */
  static String text(byte[] utf8) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("message: is not UTF-8", e);
    }
  }
}
