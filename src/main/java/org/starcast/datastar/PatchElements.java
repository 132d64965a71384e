package org.starcast.datastar;

import jakarta.ws.rs.core.Response;
import java.util.Objects;
import java.util.Set;
import org.starcast.internal.Arguments;
import org.starcast.internal.markup.FirstTag;
import org.starcast.internal.wire.PrefixedLines;

/**
 * Patches elements into the page ({@code datastar-patch-elements}).
 *
 * <p>Without a {@link #selector} the client finds the target of each top-level element by its id;
 * only the modes outer and replace can do so.
 */
public final class PatchElements extends AbstractEvent<PatchElements, PatchElements.ElementValues> {

  private static final String PREFIX = "elements ";

  /** Elements that the client finds without an id. */
  private static final Set<String> PAGE = Set.of("html", "head", "body");

  static final class ElementValues extends EventValues<ElementValues> {
    /** Empty for none. */
    private final String elements;

    private String selector;
    private ElementPatchMode mode = ElementPatchMode.OUTER;
    private ElementNamespace namespace = ElementNamespace.HTML;
    private boolean useViewTransition;
    private String viewTransitionSelector;
    private boolean targetCheck = true;

    private ElementValues(Outlet outlet, String elements) {
      super(outlet);
      this.elements = elements;
    }
  }

  PatchElements(Outlet outlet, String elements) {
    this(new ElementValues(outlet, elements));
  }

  private PatchElements(ElementValues values) {
    super(values);
  }

  /**
   * The CSS selector of the target; with several matches, each is patched.
   *
   * @throws IllegalArgumentException if it is blank, longer than 4,096 characters, or has control
   *     characters or line breaks
   */
  public PatchElements selector(String selector) {
    Arguments.line("selector", selector, MAX_SELECTOR);
    return with(v -> v.selector = selector);
  }

  /**
   * The target by its id; characters that mean something in selectors are escaped.
   *
   * @throws IllegalArgumentException if it is blank, longer than 256 characters, or has control
   *     characters or line breaks
   */
  public PatchElements selectorId(String id) {
    return selector("#" + Escape.cssIdentifier(Arguments.line("id", id)));
  }

  /** How the elements are patched; {@link ElementPatchMode#OUTER} unless set. */
  public PatchElements mode(ElementPatchMode mode) {
    Objects.requireNonNull(mode, "mode");
    return with(v -> v.mode = mode);
  }

  /** The namespace of the elements; {@link ElementNamespace#HTML} unless set. */
  public PatchElements namespace(ElementNamespace namespace) {
    Objects.requireNonNull(namespace, "namespace");
    return with(v -> v.namespace = namespace);
  }

  /** Patches within a view transition, in browsers that have them. */
  public PatchElements useViewTransition() {
    return useViewTransition(true);
  }

  /** Whether to patch within a view transition; false unless set. */
  public PatchElements useViewTransition(boolean use) {
    return with(v -> v.useViewTransition = use);
  }

  /**
   * The CSS selector of the element that the view transition is of, in place of the whole document;
   * left out unless {@link #useViewTransition} is set.
   *
   * @throws IllegalArgumentException as {@link #selector}
   */
  public PatchElements viewTransitionSelector(String selector) {
    Arguments.line("viewTransitionSelector", selector, MAX_SELECTOR);
    return with(v -> v.viewTransitionSelector = selector);
  }

  /**
   * Sends the elements even if they seem to have no target. Without this, sending fails when there
   * is no selector and the first tag has neither an id nor is {@code html}, {@code head} or {@code
   * body}: the browser would ignore the event, with a warning in its console. Elements after the
   * first are not checked.
   */
  public PatchElements withoutTargetCheck() {
    return with(v -> v.targetCheck = false);
  }

  /**
   * The elements as a plain HTML answer with {@code datastar-*} headers, for requests that need no
   * stream. The view transition's selector cannot be told this way.
   *
   * @throws IllegalArgumentException if the elements have no target
   */
  public Response toHtmlResponse() {
    checkTarget();
    Response.ResponseBuilder response = Responses.ok(values.elements, "text", "html");
    if (values.selector != null) {
      response.header("datastar-selector", Escape.asciiSelector(values.selector));
    }
    if (values.mode != ElementPatchMode.OUTER) {
      response.header("datastar-mode", values.mode.value());
    }
    if (values.namespace != ElementNamespace.HTML) {
      response.header("datastar-namespace", values.namespace.value());
    }
    if (values.useViewTransition) {
      response.header("datastar-use-view-transition", "true");
    }
    return response.build();
  }

  @Override
  PatchElements of(ElementValues changed) {
    return new PatchElements(changed);
  }

  @Override
  String eventName() {
    return "datastar-patch-elements";
  }

  @Override
  CharSequence data() {
    checkTarget();
    StringBuilder out = new StringBuilder();
    if (values.selector != null) {
      out.append("selector ").append(values.selector).append('\n');
    }
    if (values.mode != ElementPatchMode.OUTER) {
      out.append("mode ").append(values.mode.value()).append('\n');
    }
    if (values.useViewTransition) {
      out.append("useViewTransition true\n");
      if (values.viewTransitionSelector != null) {
        out.append("viewTransitionSelector ").append(values.viewTransitionSelector).append('\n');
      }
    }
    if (values.namespace != ElementNamespace.HTML) {
      out.append("namespace ").append(values.namespace.value()).append('\n');
    }
    if (values.elements.isEmpty()) {
      out.setLength(Math.max(0, out.length() - 1));
      return out.toString();
    }
    return new PrefixedLines(out.toString(), PREFIX, values.elements);
  }

  private void checkTarget() {
    if (values.selector != null) {
      return;
    }
    if (values.mode != ElementPatchMode.OUTER && values.mode != ElementPatchMode.REPLACE) {
      throw new IllegalArgumentException(
          "selector: must be given, mode " + values.mode.value() + " needs one");
    }
    String missing = values.targetCheck ? missing() : null;
    if (missing != null) {
      throw new IllegalArgumentException(
          "elements: without a selector, " + values.mode.value() + " " + missing);
    }
  }

  /** What the client lacks to find the target of the first element; null for nothing. */
  private String missing() {
    FirstTag first;
    try {
      first = FirstTag.of(values.elements);
    } catch (IllegalArgumentException e) {
      return e.getMessage();
    }
    return first.id().isEmpty() && !PAGE.contains(first.name())
        ? "needs an id on each element (the first, <" + first.name() + ">, has none)"
        : null;
  }
}
