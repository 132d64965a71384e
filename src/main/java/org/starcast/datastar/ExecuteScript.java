package org.starcast.datastar;

import jakarta.ws.rs.core.Response;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.starcast.SseBroadcaster;
import org.starcast.internal.Arguments;
import org.starcast.internal.wire.PrefixedLines;

/**
 * Runs a script in the page: a {@code script} element that is appended to the body and, unless told
 * otherwise, removes itself.
 *
 * <p>The script is trusted code. {@code <!--}, {@code </script} and the end tags of {@code html},
 * {@code head} and {@code body} in it have their {@code <} written as {@code \u003c}, which means
 * the same in string, template and regular expression literals, so that nothing ends the element
 * early. Put data into it as literals that {@link #literal} makes.
 */
public final class ExecuteScript extends AbstractEvent<ExecuteScript, ExecuteScript.ScriptValues> {

  private static final Pattern ATTRIBUTE = Pattern.compile("[A-Za-z_][A-Za-z0-9_.:-]{0,127}");
  private static final int MAX_ATTRIBUTE = 8192;

  /** The client's expression that removes the element. */
  private static final String REMOVE = "el.remove()";

  static final class ScriptValues extends EventValues<ScriptValues> {
    private final String script;
    private Map<String, String> attributes = Map.of();
    private boolean autoRemove = true;

    private ScriptValues(SseBroadcaster broadcaster, String script) {
      super(broadcaster);
      this.script = script;
    }
  }

  private ExecuteScript(ScriptValues values) {
    super(values);
  }

  static ExecuteScript of(SseBroadcaster broadcaster, CharSequence script) {
    String text = Objects.requireNonNull(script, "script").toString();
    if (text.isBlank()) {
      throw new IllegalArgumentException("script: must not be blank");
    }
    return new ExecuteScript(new ScriptValues(broadcaster, Escape.scriptText(text)));
  }

  /** A value as a JavaScript literal that is safe in a script: JSON, with {@code <} escaped. */
  public static String literal(Object value) {
    return value instanceof CharSequence text
        ? Escape.scriptString(text)
        : Escape.scriptJson(Json.of(value));
  }

  /** Whether the element removes itself after it has run; true unless set. */
  public ExecuteScript autoRemove(boolean remove) {
    return with(v -> v.autoRemove = remove);
  }

  /**
   * Adds an attribute of the element, such as {@code type="module"}; the value is escaped.
   *
   * @throws IllegalArgumentException if the name is not 1 to 128 of {@code A-Z a-z 0-9 _ . : -}, or
   *     the value has control characters or line breaks, or is longer than 8,192 characters
   */
  public ExecuteScript attribute(String name, String value) {
    return attributes(Collections.singletonMap(name, Objects.requireNonNull(value, "value")));
  }

  /**
   * Adds attributes; a null value makes an attribute without one.
   *
   * @throws IllegalArgumentException as {@link #attribute}
   */
  public ExecuteScript attributes(Map<String, String> more) {
    Map<String, String> all = new LinkedHashMap<>(values.attributes);
    more.forEach(
        (name, value) -> {
          if (!ATTRIBUTE.matcher(Objects.requireNonNull(name, "attribute")).matches()) {
            throw new IllegalArgumentException(
                "attribute: name must be 1 to 128 of A-Z a-z 0-9 _ . : -, not beginning with a"
                    + " digit or sign");
          }
          boolean given = value != null && !value.isEmpty();
          all.put(name, given ? Arguments.line("attribute " + name, value, MAX_ATTRIBUTE) : value);
        });
    return with(v -> v.attributes = Collections.unmodifiableMap(all));
  }

  /**
   * Adds attributes, each written as {@code name}, {@code name=value} or {@code name="value"}; the
   * value is plain text, without character references.
   *
   * @throws IllegalArgumentException as {@link #attribute}
   */
  public ExecuteScript attributes(String... more) {
    Map<String, String> all = new LinkedHashMap<>();
    for (String attribute : more) {
      int equals = attribute.indexOf('=');
      String name = (equals < 0 ? attribute : attribute.substring(0, equals)).strip();
      all.put(name, equals < 0 ? null : unquoted(attribute.substring(equals + 1).strip()));
    }
    return attributes(all);
  }

  private static String unquoted(String value) {
    int last = value.length() - 1;
    boolean quoted =
        last > 0
            && (value.charAt(0) == '"' || value.charAt(0) == '\'')
            && value.charAt(last) == value.charAt(0);
    return quoted ? value.substring(1, last) : value;
  }

  /**
   * The nonce of the page's content security policy.
   *
   * @throws IllegalArgumentException if it is not 1 to 256 characters of base 64
   */
  public ExecuteScript nonce(String nonce) {
    return attribute("nonce", Arguments.nonce(nonce));
  }

  /**
   * The script as a plain JavaScript answer, with its attributes in a {@code datastar-*} header,
   * for requests that need no stream.
   */
  public Response toJavaScriptResponse() {
    Response.ResponseBuilder response = Responses.ok(values.script, "text", "javascript");
    Map<String, String> all = new LinkedHashMap<>();
    values.attributes.forEach((name, value) -> all.put(name, value == null ? "" : value));
    if (values.autoRemove) {
      all.put("data-effect", REMOVE);
    }
    if (!all.isEmpty()) {
      response.header("datastar-script-attributes", Escape.asciiJson(Json.of(all)));
    }
    return response.build();
  }

  @Override
  ExecuteScript of(ScriptValues changed) {
    return new ExecuteScript(changed);
  }

  @Override
  String eventName() {
    return "datastar-patch-elements";
  }

  @Override
  CharSequence data() {
    StringBuilder tag = new StringBuilder("<script");
    values.attributes.forEach(
        (name, value) -> {
          tag.append(' ').append(name);
          if (value != null) {
            tag.append("=\"").append(Escape.html(value)).append('"');
          }
        });
    if (values.autoRemove) {
      tag.append(" data-effect=\"").append(REMOVE).append('"');
    }
    tag.append('>').append(values.script).append("</script>");
    return new PrefixedLines("selector body\nmode append\n", "elements ", tag.toString());
  }
}
