package org.starcast.internal.payload;

import java.util.function.Function;
import org.starcast.MessageSource;
import org.starcast.SseMessage;
import org.starcast.datastar.DatastarEvent;
import org.starcast.datastar.Html;
import org.starcast.internal.json.JsonText;
import org.starcast.internal.wire.PrefixedLines;

/**
 * The one rule by which a payload becomes a message, whether it was fired, published, sent to one
 * client, streamed, or given as the data of another message:
 *
 * <ol>
 *   <li>text and {@link Html} are the data, as they are;
 *   <li>a {@link MessageSource} is its own message;
 *   <li>a type with an encoder is what that makes of it, once: in what an encoder returns, data is
 *       not given to encoders again;
 *   <li>anything else is JSON, see {@link JsonText}.
 * </ol>
 *
 * <p>Where a message is the data of another, what the outer one names (topics, sender, event, id,
 * retry, comment, key) comes before what the inner one does. Immutable and thread-safe.
 */
public final class PayloadRule {

  /** The most messages in one another. */
  private static final int MAX_DEPTH = 8;

  private final Function<Object, SseMessage> encoders;

  /** The rule where there are no encoders. */
  public PayloadRule() {
    this(payload -> null);
  }

  /**
   * The rule with encoders.
   *
   * @param encoders gives the message for a payload; null if it has no encoder
   */
  public PayloadRule(Function<Object, SseMessage> encoders) {
    this.encoders = encoders;
  }

  /**
   * The message with data that is text, and stays what it is; the same message if it has no other.
   *
   * @throws IllegalArgumentException if data cannot become text, or messages are in one another
   *     more than 8 deep
   * @throws IllegalStateException if a source returns no message
   */
  public SseMessage apply(SseMessage message) {
    SseMessage made = message;
    Object opened = null;
    boolean encoded = false;
    for (int depth = 0; depth < MAX_DEPTH; depth++) {
      Object data = made.data().orElse(null);
      if (data == null || data instanceof String || data instanceof PrefixedLines) {
        return made;
      }
      SseMessage inner = null;
      if (data instanceof CharSequence || data instanceof Html || data == opened) {
        // text, or a source whose message has the source itself as data
      } else if (data instanceof MessageSource source) {
        inner = source.toSseMessage();
        if (inner == null) {
          throw new IllegalStateException(source.getClass().getName() + " returned no message");
        }
      } else if (!encoded) {
        inner = encoders.apply(data);
        encoded = true;
      }
      if (inner == null) {
        return made.toBuilder().data(text(data)).build();
      }
      opened = data;
      made = within(made, inner);
    }
    throw new IllegalArgumentException(
        "data: messages are in one another more than " + MAX_DEPTH + " deep");
  }

  /** The inner message, with what the outer one names. */
  private static SseMessage within(SseMessage outer, SseMessage inner) {
    SseMessage.Builder made = inner.toBuilder();
    if (!outer.topics().isEmpty()) {
      made.topics(outer.topics());
    }
    outer.sender().ifPresent(made::sender);
    outer.event().ifPresent(made::event);
    outer.id().ifPresent(made::id);
    outer.retry().ifPresent(made::retry);
    outer.comment().ifPresent(made::comment);
    outer.coalesceKey().ifPresent(made::coalesce);
    return made.build();
  }

  private static CharSequence text(Object data) {
    if (data instanceof CharSequence text) {
      return text.toString(); // which does not change any more
    }
    if (data instanceof Html html) {
      return html.asString();
    }
    if (data instanceof DatastarEvent.Batch) {
      throw new IllegalArgumentException(
          "data: a DatastarEvent.Batch is several events: call its publish or sendTo, or take its events"
              + " one by one");
    }
    return JsonText.of("data", data);
  }
}
