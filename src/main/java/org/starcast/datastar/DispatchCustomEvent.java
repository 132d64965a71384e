package org.starcast.datastar;

import org.starcast.SseBroadcaster;
import org.starcast.internal.Arguments;

/**
 * Dispatches a {@code CustomEvent} in the page: on the document, or on the elements of a selector.
 * It bubbles, can be cancelled, and crosses shadow roots unless told otherwise.
 */
public final class DispatchCustomEvent
    extends AbstractEvent<DispatchCustomEvent, DispatchCustomEvent.DispatchValues> {

  static final class DispatchValues extends EventValues<DispatchValues> {
    private final String name;
    private final String detail;
    private String selector;
    private boolean bubbles = true;
    private boolean cancelable = true;
    private boolean composed = true;
    private String nonce;

    private DispatchValues(SseBroadcaster broadcaster, String name, String detail) {
      super(broadcaster);
      this.name = name;
      this.detail = detail;
    }
  }

  DispatchCustomEvent(SseBroadcaster broadcaster, String name, Object detail) {
    this(new DispatchValues(broadcaster, Arguments.line("event", name), Json.of(detail)));
  }

  private DispatchCustomEvent(DispatchValues values) {
    super(values);
  }

  /**
   * The CSS selector of the elements to dispatch on, in place of the document.
   *
   * @throws IllegalArgumentException if it is blank, longer than 4,096 characters, or has control
   *     characters or line breaks
   */
  public DispatchCustomEvent selector(String selector) {
    Arguments.line("selector", selector, MAX_SELECTOR);
    return with(v -> v.selector = selector);
  }

  /** Whether the event bubbles; true unless set. */
  public DispatchCustomEvent bubbles(boolean bubbles) {
    return with(v -> v.bubbles = bubbles);
  }

  /** Whether listeners can cancel the event; true unless set. */
  public DispatchCustomEvent cancelable(boolean cancelable) {
    return with(v -> v.cancelable = cancelable);
  }

  /** Whether the event leaves shadow roots; true unless set. */
  public DispatchCustomEvent composed(boolean composed) {
    return with(v -> v.composed = composed);
  }

  /**
   * The nonce of the page's content security policy.
   *
   * @throws IllegalArgumentException if it is not 1 to 256 characters of base 64
   */
  public DispatchCustomEvent nonce(String nonce) {
    Arguments.nonce(nonce);
    return with(v -> v.nonce = nonce);
  }

  @Override
  DispatchCustomEvent of(DispatchValues changed) {
    return new DispatchCustomEvent(changed);
  }

  @Override
  String eventName() {
    return "datastar-patch-elements";
  }

  @Override
  CharSequence data() {
    String targets =
        values.selector == null
            ? "[document]"
            : "document.querySelectorAll(" + Escape.scriptString(values.selector) + ")";
    // JSON.parse, as a literal would take a member named __proto__ for the prototype
    String script =
        ("for (const target of %s) target.dispatchEvent(new CustomEvent(%s, {bubbles: %s,"
                + " cancelable: %s, composed: %s, detail: JSON.parse(%s)}))")
            .formatted(
                targets,
                Escape.scriptString(values.name),
                values.bubbles,
                values.cancelable,
                values.composed,
                Escape.scriptString(values.detail));
    ExecuteScript execute = ExecuteScript.of(values.broadcaster, script);
    return (values.nonce == null ? execute : execute.nonce(values.nonce)).data();
  }
}
