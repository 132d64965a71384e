package org.starcast.datastar;

import jakarta.ws.rs.core.Response;
import java.util.Objects;
import org.starcast.internal.wire.PrefixedLines;

/**
 * Patches elements into the page ({@code datastar-patch-elements}).
 *
 * <p>Without a {@link #selector} the client finds the target of each top-level element by its id;
 * only the modes outer and replace can do so.
 */
public final class PatchElements extends AbstractEvent<PatchElements> {

  private static final String PREFIX = "elements ";

  private record Options(
      String selector,
      ElementPatchMode mode,
      ElementNamespace namespace,
      boolean useViewTransition,
      String viewTransitionSelector,
      boolean targetCheck) {}

  /** Empty for none. */
  private final String elements;

  private final Options options;

  private PatchElements(Envelope envelope, String elements, Options options) {
    super(envelope);
    this.elements = elements;
    this.options = options;
  }

  static PatchElements of(Envelope envelope, String elements) {
    return new PatchElements(
        envelope,
        elements,
        new Options(null, ElementPatchMode.OUTER, ElementNamespace.HTML, false, null, true));
  }

  /**
   * The CSS selector of the target; with several matches, each is patched.
   *
   * @throws IllegalArgumentException if it is blank, longer than 4,096 characters, or has control
   *     characters or line breaks
   */
  public PatchElements selector(String selector) {
    return with(
        new Options(
            Check.line("selector", selector, Check.MAX_SELECTOR),
            options.mode,
            options.namespace,
            options.useViewTransition,
            options.viewTransitionSelector,
            options.targetCheck));
  }

  /**
   * The target by its id; characters that mean something in selectors are escaped.
   *
   * @throws IllegalArgumentException if it is blank, longer than 256 characters, or has control
   *     characters or line breaks
   */
  public PatchElements selectorId(String id) {
    return selector("#" + Escape.cssIdentifier(Check.line("id", id, Check.MAX_NAME)));
  }

  /** How the elements are patched; {@link ElementPatchMode#OUTER} unless set. */
  public PatchElements mode(ElementPatchMode mode) {
    return with(
        new Options(
            options.selector,
            Objects.requireNonNull(mode, "mode"),
            options.namespace,
            options.useViewTransition,
            options.viewTransitionSelector,
            options.targetCheck));
  }

  /** The namespace of the elements; {@link ElementNamespace#HTML} unless set. */
  public PatchElements namespace(ElementNamespace namespace) {
    return with(
        new Options(
            options.selector,
            options.mode,
            Objects.requireNonNull(namespace, "namespace"),
            options.useViewTransition,
            options.viewTransitionSelector,
            options.targetCheck));
  }

  /** Patches within a view transition, in browsers that have them. */
  public PatchElements useViewTransition() {
    return useViewTransition(true);
  }

  /** Whether to patch within a view transition; false unless set. */
  public PatchElements useViewTransition(boolean use) {
    return with(
        new Options(
            options.selector,
            options.mode,
            options.namespace,
            use,
            options.viewTransitionSelector,
            options.targetCheck));
  }

  /**
   * The CSS selector of the element that the view transition is of, in place of the whole document;
   * left out unless {@link #useViewTransition} is set.
   *
   * @throws IllegalArgumentException as {@link #selector}
   */
  public PatchElements viewTransitionSelector(String selector) {
    return with(
        new Options(
            options.selector,
            options.mode,
            options.namespace,
            options.useViewTransition,
            Check.line("viewTransitionSelector", selector, Check.MAX_SELECTOR),
            options.targetCheck));
  }

  /**
   * Sends the elements even if they seem to have no target. Without this, sending fails when there
   * is no selector and the first tag has neither an id nor is {@code html}, {@code head} or {@code
   * body}: the browser would ignore the event, with a warning in its console. Elements after the
   * first are not checked.
   */
  public PatchElements withoutTargetCheck() {
    return with(
        new Options(
            options.selector,
            options.mode,
            options.namespace,
            options.useViewTransition,
            options.viewTransitionSelector,
            false));
  }

  /**
   * The elements as a plain HTML answer with {@code datastar-*} headers, for requests that need no
   * stream. The view transition's selector cannot be told this way.
   *
   * @throws IllegalArgumentException if the elements have no target
   */
  public Response toHtmlResponse() {
    checkTarget();
    Response.ResponseBuilder response = Responses.ok(elements, "text", "html");
    if (options.selector != null) {
      response.header("datastar-selector", Escape.asciiSelector(options.selector));
    }
    if (options.mode != ElementPatchMode.OUTER) {
      response.header("datastar-mode", options.mode.value());
    }
    if (options.namespace != ElementNamespace.HTML) {
      response.header("datastar-namespace", options.namespace.value());
    }
    if (options.useViewTransition) {
      response.header("datastar-use-view-transition", "true");
    }
    return response.build();
  }

  private PatchElements with(Options changed) {
    return new PatchElements(envelope, elements, changed);
  }

  @Override
  PatchElements with(Envelope changed) {
    return new PatchElements(changed, elements, options);
  }

  @Override
  String eventName() {
    return "datastar-patch-elements";
  }

  @Override
  CharSequence data() {
    checkTarget();
    StringBuilder out = new StringBuilder();
    if (options.selector != null) {
      out.append("selector ").append(options.selector).append('\n');
    }
    if (options.mode != ElementPatchMode.OUTER) {
      out.append("mode ").append(options.mode.value()).append('\n');
    }
    if (options.useViewTransition) {
      out.append("useViewTransition true\n");
      if (options.viewTransitionSelector != null) {
        out.append("viewTransitionSelector ").append(options.viewTransitionSelector).append('\n');
      }
    }
    if (options.namespace != ElementNamespace.HTML) {
      out.append("namespace ").append(options.namespace.value()).append('\n');
    }
    if (elements.isEmpty()) {
      out.setLength(Math.max(0, out.length() - 1));
      return out.toString();
    }
    return new PrefixedLines(out.toString(), PREFIX, elements);
  }

  private void checkTarget() {
    if (options.selector != null) {
      return;
    }
    if (options.mode != ElementPatchMode.OUTER && options.mode != ElementPatchMode.REPLACE) {
      throw new IllegalArgumentException(
          "selector: must be given, mode " + options.mode.value() + " needs one");
    }
    String problem = options.targetCheck ? ElementTarget.problem(elements) : null;
    if (problem != null) {
      throw new IllegalArgumentException(
          "elements: without a selector, " + options.mode.value() + " " + problem);
    }
  }
}
