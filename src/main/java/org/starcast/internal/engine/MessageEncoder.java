package org.starcast.internal.engine;

import java.util.function.UnaryOperator;
import org.starcast.SseMessage;
import org.starcast.internal.wire.FrameTemplate;
import org.starcast.internal.wire.SseFormat;

/** Makes the bytes of messages, and refuses those that are too large. Thread-safe. */
final class MessageEncoder {

  private final UnaryOperator<SseMessage> payloads;
  private final int maxBytes;

  /**
   * Makes bytes.
   *
   * @param payloads gives the message with data that is text
   * @param maxBytes the most bytes of a message's frame
   */
  MessageEncoder(UnaryOperator<SseMessage> payloads, int maxBytes) {
    this.payloads = payloads;
    this.maxBytes = maxBytes;
  }

  /** The message with data that is text. */
  SseMessage textual(SseMessage message) {
    return payloads.apply(message);
  }

  /**
   * The frame of a message to one client.
   *
   * @throws IllegalArgumentException if it is too large, or its data has no JSON
   */
  byte[] encode(SseMessage given) {
    SseMessage message = payloads.apply(given);
    byte[] bytes =
        SseFormat.encode(
            message.event().orElse(null),
            message.id().orElse(null),
            message.retry().orElse(null),
            text(message),
            message.comment().orElse(null));
    SseFormat.checkSize(bytes.length, maxBytes);
    return bytes;
  }

  /**
   * The frame of an event, but for the id that it gets with its position.
   *
   * @param textual a message whose data is text
   * @param logged whether it gets an id; if not, it has that which the application gave it
   * @throws IllegalArgumentException if it is too large
   */
  FrameTemplate draft(SseMessage textual, boolean logged) {
    String event = textual.event().orElse(null);
    var retry = textual.retry().orElse(null);
    String comment = textual.comment().orElse(null);
    if (logged) {
      FrameTemplate draft = SseFormat.draft(event, retry, text(textual), comment);
      SseFormat.checkSize(draft.bodyLength(), maxBytes);
      return draft;
    }
    FrameTemplate draft =
        SseFormat.draft(event, textual.id().orElse(null), retry, text(textual), comment);
    SseFormat.checkSize(draft.bodyLength() + 1, maxBytes);
    return draft.withoutPlace();
  }

  private static CharSequence text(SseMessage message) {
    return (CharSequence) message.data().orElse(null);
  }
}
