package org.starcast.datastar;

/**
 * Dispatches a {@code CustomEvent} in the page: on the document, or on the elements of a selector.
 * It bubbles, can be cancelled, and crosses shadow roots unless told otherwise.
 */
public final class DispatchCustomEvent extends AbstractEvent<DispatchCustomEvent> {

  private record Options(
      String selector, boolean bubbles, boolean cancelable, boolean composed, String nonce) {}

  private final String name;
  private final String detail;
  private final Options options;

  private DispatchCustomEvent(Envelope envelope, String name, String detail, Options options) {
    super(envelope);
    this.name = name;
    this.detail = detail;
    this.options = options;
  }

  static DispatchCustomEvent of(Envelope envelope, String name, Object detail) {
    return new DispatchCustomEvent(
        envelope,
        Check.line("event", name, Check.MAX_NAME),
        Json.of(detail),
        new Options(null, true, true, true, null));
  }

  /**
   * The CSS selector of the elements to dispatch on, in place of the document.
   *
   * @throws IllegalArgumentException if it is blank, longer than 4,096 characters, or has control
   *     characters or line breaks
   */
  public DispatchCustomEvent selector(String selector) {
    return with(
        new Options(
            Check.line("selector", selector, Check.MAX_SELECTOR),
            options.bubbles,
            options.cancelable,
            options.composed,
            options.nonce));
  }

  /** Whether the event bubbles; true unless set. */
  public DispatchCustomEvent bubbles(boolean bubbles) {
    return with(
        new Options(
            options.selector, bubbles, options.cancelable, options.composed, options.nonce));
  }

  /** Whether listeners can cancel the event; true unless set. */
  public DispatchCustomEvent cancelable(boolean cancelable) {
    return with(
        new Options(
            options.selector, options.bubbles, cancelable, options.composed, options.nonce));
  }

  /** Whether the event leaves shadow roots; true unless set. */
  public DispatchCustomEvent composed(boolean composed) {
    return with(
        new Options(
            options.selector, options.bubbles, options.cancelable, composed, options.nonce));
  }

  /**
   * The nonce of the page's content security policy.
   *
   * @throws IllegalArgumentException if it is not 1 to 256 characters of base 64
   */
  public DispatchCustomEvent nonce(String nonce) {
    return with(
        new Options(
            options.selector,
            options.bubbles,
            options.cancelable,
            options.composed,
            Check.nonce(nonce)));
  }

  private DispatchCustomEvent with(Options changed) {
    return new DispatchCustomEvent(envelope, name, detail, changed);
  }

  @Override
  DispatchCustomEvent with(Envelope changed) {
    return new DispatchCustomEvent(changed, name, detail, options);
  }

  @Override
  String eventName() {
    return "datastar-patch-elements";
  }

  @Override
  CharSequence data() {
    String targets =
        options.selector == null
            ? "[document]"
            : "document.querySelectorAll(" + Escape.scriptString(options.selector) + ")";
    // JSON.parse, as a literal would take a member named __proto__ for the prototype
    String script =
        ("for (const target of %s) target.dispatchEvent(new CustomEvent(%s, {bubbles: %s,"
                + " cancelable: %s, composed: %s, detail: JSON.parse(%s)}))")
            .formatted(
                targets,
                Escape.scriptString(name),
                options.bubbles,
                options.cancelable,
                options.composed,
                Escape.scriptString(detail));
    ExecuteScript execute = ExecuteScript.of(envelope, script);
    return (options.nonce == null ? execute : execute.nonce(options.nonce)).data();
  }
}
