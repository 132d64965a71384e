package org.starcast.datastar;

import jakarta.ws.rs.core.Response;
import java.lang.System.Logger;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.starcast.SseBroadcaster;
import org.starcast.internal.Arguments;
import org.starcast.internal.logging.LogMessage;
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
    private Mode mode = Mode.OUTER;
    private Namespace namespace = Namespace.HTML;
    private boolean useViewTransition;
    private String viewTransitionSelector;
    private boolean targetCheck = true;

    private ElementValues(SseBroadcaster broadcaster, String elements) {
      super(broadcaster);
      this.elements = elements;
    }
  }

  PatchElements(SseBroadcaster broadcaster, String elements) {
    this(new ElementValues(broadcaster, elements));
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

  /** How the elements are patched; {@link Mode#OUTER} unless set. */
  public PatchElements mode(Mode mode) {
    Objects.requireNonNull(mode, "mode");
    return with(v -> v.mode = mode);
  }

  /** The namespace of the elements; {@link Namespace#HTML} unless set. */
  public PatchElements namespace(Namespace namespace) {
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
    if (values.mode != Mode.OUTER) {
      response.header("datastar-mode", values.mode.value());
    }
    if (values.namespace != Namespace.HTML) {
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
    if (values.mode != Mode.OUTER) {
      out.append("mode ").append(values.mode.value()).append('\n');
    }
    if (values.useViewTransition) {
      out.append("useViewTransition true\n");
      if (values.viewTransitionSelector != null) {
        out.append("viewTransitionSelector ").append(values.viewTransitionSelector).append('\n');
      }
    }
    if (values.namespace != Namespace.HTML) {
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
    if (values.mode != Mode.OUTER && values.mode != Mode.REPLACE) {
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

  /** How elements are patched into the page. */
  public enum Mode {
    /**
     * Morphs the target, keeping focus, input and listeners of what stays. The default, and what
     * older Datastar SDKs called {@code MORPH}.
     */
    OUTER,
    /** Morphs the target's content. */
    INNER,
    /**
     * Replaces the target with new elements: nothing of the old ones is kept, neither focus nor
     * input. Whoever wrote {@code REPLACE} for "update this element" means {@link #OUTER}.
     */
    REPLACE,
    /** Inserts at the beginning of the target's content. */
    PREPEND,
    /** Inserts at the end of the target's content. */
    APPEND,
    /** Inserts before the target. */
    BEFORE,
    /** Inserts after the target. */
    AFTER,
    /** Removes the target; elements are not needed. */
    REMOVE;

    private static final Logger LOGGER = System.getLogger(Mode.class.getName());

    private final String value = name().toLowerCase(Locale.ROOT);

    /** The mode's name on the wire. */
    public String value() {
      return value;
    }

    /**
     * The mode with this name on the wire, in any case; {@code morph}, of Datastar's betas, is
     * taken for {@link #OUTER} with a warning in the log.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Mode parse(String mode) {
      String wanted = Objects.requireNonNull(mode, "mode").toLowerCase(Locale.ROOT);
      if (wanted.equals("morph")) {
        LogMessage.MODE_RENAMED.log(LOGGER);
        return OUTER;
      }
      for (Mode candidate : values()) {
        if (candidate.value.equals(wanted)) {
          return candidate;
        }
      }
      throw new IllegalArgumentException(
          "mode: must be outer, inner, replace, prepend, append, before, after or remove");
    }
  }

  /** The namespace in which the client creates patched elements. */
  public enum Namespace {
    /** HTML, the default. */
    HTML,
    /** SVG: for elements inside of an {@code svg} element, such as {@code circle}. */
    SVG,
    /** MathML: for elements inside of a {@code math} element. */
    MATHML;

    private final String value = name().toLowerCase(Locale.ROOT);

    /** The namespace's name on the wire. */
    public String value() {
      return value;
    }

    /**
     * The namespace with this name on the wire, in any case.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Namespace parse(String namespace) {
      String wanted = Objects.requireNonNull(namespace, "namespace").toLowerCase(Locale.ROOT);
      for (Namespace candidate : values()) {
        if (candidate.value.equals(wanted)) {
          return candidate;
        }
      }
      throw new IllegalArgumentException("namespace: must be html, svg or mathml");
    }
  }
}
