package org.starcast.htmx;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.starcast.MessageSource;
import org.starcast.SseMessage;
import org.starcast.datastar.Html;
import org.starcast.internal.Arguments;
import org.starcast.internal.markup.FirstTag;
import org.starcast.internal.wire.LibraryEvents;

/**
 * Out-of-band swaps: elements of one answer or event that each go to a target of their own. The
 * same markup is for htmx 4 and 2. Immutable and thread-safe: every method returns new swaps.
 *
 * <pre>{@code
 * OobSwap swaps =
 *     OobSwap.none()
 *         .add("messages", SwapMode.BEFORE_END, Html.format("<li>{}</li>", text))
 *         .add("count", String.valueOf(count));
 * broadcaster.publish(swaps.toSseMessage().toBuilder().topic("chat.room-1").build());
 * }</pre>
 *
 * <p>In the page, the element that is connected gets what is not out-of-band, which is nothing
 * here: {@code hx-swap="none"} keeps its content.
 *
 * <p>The markup is trusted; escape text in it with {@link Html#text}.
 */
public final class OobSwap implements MessageSource {

  private static final Pattern TAG = Pattern.compile("[a-zA-Z][a-zA-Z0-9-]{0,63}");

  private final List<String> elements;
  private final String event;
  private final String wrapper;

  private OobSwap(List<String> elements, String event, String wrapper) {
    this.elements = elements;
    this.event = event;
    this.wrapper = wrapper;
  }

  /** No swaps, to be added to. */
  public static OobSwap none() {
    return new OobSwap(List.of(), null, "div");
  }

  /**
   * The element that content is wrapped in from here on; {@code div} unless set. Table rows need
   * {@code tbody}, options {@code select}, as HTML parsers drop them elsewhere.
   *
   * @throws IllegalArgumentException if it is not 1 to 64 of {@code A-Z a-z 0-9 -}
   */
  public OobSwap wrapIn(String element) {
    return new OobSwap(
        elements,
        event,
        Arguments.matching(
            "element", element, TAG, "must be 1 to 64 of A-Z a-z 0-9 -, beginning with a letter"));
  }

  /** Replaces the target's content. */
  public OobSwap add(String targetId, CharSequence content) {
    return add(targetId, SwapMode.INNER_HTML, content);
  }

  /**
   * Puts content into the page. It is wrapped in an element that htmx takes away again; for {@link
   * SwapMode#OUTER_HTML}, where the element itself is what replaces the target, the content is one
   * element and gets the attributes, as by {@link #addElement}.
   *
   * @throws IllegalArgumentException if the id is blank, longer than 256 characters, or has control
   *     characters or white space
   */
  public OobSwap add(String targetId, SwapMode mode, CharSequence content) {
    if (mode == SwapMode.OUTER_HTML) {
      return addElement(targetId, mode, content);
    }
    String wrapped =
        "<" + wrapper + attributes(targetId, mode, true) + ">" + content + "</" + wrapper + ">";
    return with(wrapped);
  }

  /** As {@link #add(String, CharSequence)}. */
  public OobSwap add(String targetId, Html content) {
    return add(targetId, content.asString());
  }

  /** As {@link #add(String, SwapMode, CharSequence)}. */
  public OobSwap add(String targetId, SwapMode mode, Html content) {
    return add(targetId, mode, content.asString());
  }

  /**
   * Puts one element into the page, which gets the attributes itself. (For modes other than {@link
   * SwapMode#OUTER_HTML} htmx swaps the element's content, not the element.)
   *
   * @throws IllegalArgumentException if the markup does not begin with an element, or the element
   *     has another id or a swap of its own; or as {@link #add(String, SwapMode, CharSequence)}
   */
  public OobSwap addElement(String targetId, SwapMode mode, CharSequence element) {
    String markup = element.toString();
    FirstTag tag = firstTag(markup);
    String id = tag.id();
    if (!id.isEmpty() && !id.equals(targetId) && !id.equals(Html.attr(targetId))) {
      throw new IllegalArgumentException("element: has another id than the target's");
    }
    if (tag.attributes().containsKey("hx-swap-oob")) {
      throw new IllegalArgumentException("element: has an hx-swap-oob of its own");
    }
    return with(
        markup.substring(0, tag.nameEnd())
            + attributes(targetId, mode, id.isEmpty())
            + markup.substring(tag.nameEnd()));
  }

  private static FirstTag firstTag(String markup) {
    try {
      return FirstTag.of(markup);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("element: " + e.getMessage(), e);
    }
  }

  /** As {@link #addElement(String, SwapMode, CharSequence)}. */
  public OobSwap addElement(String targetId, SwapMode mode, Html element) {
    return addElement(targetId, mode, element.asString());
  }

  /** As {@link #addAsIs(CharSequence)}. */
  public OobSwap addAsIs(Html element) {
    return addAsIs(element.asString());
  }

  /**
   * Puts content into all that a CSS selector finds, as a partial of htmx 4 ({@code hx-partial});
   * htmx 2 has none.
   *
   * @param selector a CSS selector, or htmx's extended one
   * @throws IllegalArgumentException if the selector is blank, longer than 256 characters, or has
   *     control characters
   */
  public OobSwap addPartial(String selector, SwapMode mode, CharSequence content) {
    String target = Html.attr(Arguments.line("selector", selector));
    return with(
        "<hx-partial hx-target=\""
            + target
            + "\" hx-swap=\""
            + mode.value()
            + "\">"
            + content
            + "</hx-partial>");
  }

  /** As {@link #addPartial(String, SwapMode, CharSequence)}. */
  public OobSwap addPartial(String selector, SwapMode mode, Html content) {
    return addPartial(selector, mode, content.asString());
  }

  /** Adds an element as it is, which has its own attributes or is no out-of-band swap. */
  public OobSwap addAsIs(CharSequence element) {
    return with(element.toString());
  }

  /** Removes the target. */
  public OobSwap remove(String targetId) {
    return add(targetId, SwapMode.DELETE, "");
  }

  /** Without the elements, keeping event and wrapper. */
  public OobSwap clear() {
    return new OobSwap(List.of(), event, wrapper);
  }

  /**
   * The name of the event, which {@code sse-swap} names in a page with htmx 2; none unless set.
   * htmx 4 swaps in what has no name.
   *
   * @throws IllegalArgumentException if it is not 1 to 256 characters without white space, commas
   *     and control characters, or begins with {@code starcast}
   */
  public OobSwap event(String name) {
    return new OobSwap(elements, LibraryEvents.checkForeign(SseElement.checkEvent(name)), wrapper);
  }

  /** How many elements there are. */
  public int size() {
    return elements.size();
  }

  /** The elements, one after the other, each on its line; empty text if there are none. */
  public String build() {
    return String.join("\n", elements);
  }

  /**
   * The event.
   *
   * @throws IllegalArgumentException if there are no elements
   */
  @Override
  public SseMessage toSseMessage() {
    if (elements.isEmpty()) {
      throw new IllegalArgumentException("elements: must be at least one");
    }
    SseMessage.Builder message = SseMessage.builder().data(build());
    return (event == null ? message : message.event(event)).build();
  }

  /** The elements, as {@link #build}. */
  @Override
  public String toString() {
    return build();
  }

  private static String attributes(String targetId, SwapMode mode, boolean withId) {
    String id = SseElement.checkId("targetId", targetId);
    String swap = mode == SwapMode.OUTER_HTML ? "true" : mode.value();
    return (withId ? " id=\"" + Html.attr(id) + "\"" : "") + " hx-swap-oob=\"" + swap + "\"";
  }

  private OobSwap with(String element) {
    List<String> all = new ArrayList<>(elements);
    all.add(Objects.requireNonNull(element, "element"));
    return new OobSwap(List.copyOf(all), event, wrapper);
  }

  /** How htmx puts an out-of-band element into the page. */
  public enum SwapMode {
    /** Replaces the target's content. */
    INNER_HTML("innerHTML"),
    /** Replaces the target. */
    OUTER_HTML("outerHTML"),
    /** Inserts before the target. */
    BEFORE_BEGIN("beforebegin"),
    /** Inserts at the beginning of the target's content. */
    AFTER_BEGIN("afterbegin"),
    /** Inserts at the end of the target's content. */
    BEFORE_END("beforeend"),
    /** Inserts after the target. */
    AFTER_END("afterend"),
    /** Removes the target. */
    DELETE("delete");

    private final String value;

    SwapMode(String value) {
      this.value = value;
    }

    /** The mode's name in htmx. */
    public String value() {
      return value;
    }
  }
}
