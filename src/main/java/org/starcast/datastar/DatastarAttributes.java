package org.starcast.datastar;

import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.StringJoiner;
import java.util.regex.Pattern;
import org.starcast.internal.Arguments;

/**
 * Datastar's attributes of one element. Immutable: every method returns new attributes; a modifier
 * changes the attribute that was added last, if that attribute has such a modifier.
 *
 * <pre>{@code
 * "<input" + DatastarAttributes.none().bind("search").on("input", DatastarAction.get("/search")).debounce(ofMillis(300)) + ">"
 * input().attr("type", "text")...  // j2html: each entry of toMap() as an attribute
 * }</pre>
 *
 * <p>{@link #toString} gives the attributes for HTML, each with a space before it and its value
 * escaped; {@link #toMap} gives names and values for template engines that escape by themselves.
 * Expressions are trusted code; put data into them as {@link #value}.
 */
public final class DatastarAttributes {

  private static final Pattern SIGNAL =
      Pattern.compile("[A-Za-z_][A-Za-z0-9_-]*(\\.[A-Za-z0-9_][A-Za-z0-9_-]*)*");
  private static final Pattern KEYED_SIGNAL = Pattern.compile("[a-z][A-Za-z0-9.]*");
  private static final Pattern EVENT = Pattern.compile("[A-Za-z][A-Za-z0-9:._-]*");
  private static final Pattern PLAIN_KEY = Pattern.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*");
  private static final Pattern PROPERTY = Pattern.compile("[a-z][A-Za-z]*");

  private static final Map<String, Set<String>> MODIFIERS =
      Map.of(
          "on",
              modifiers(
                  "debounce throttle delay viewtransition window document capture passive once outside"
                      + " prevent stop"),
          "on-intersect",
              modifiers("debounce throttle delay viewtransition once half full exit threshold"),
          "on-interval", modifiers("duration viewtransition"),
          "on-signal-patch", modifiers("debounce throttle delay"),
          "init", modifiers("delay viewtransition"),
          "bind", modifiers("prop event"),
          "signals", modifiers("ifmissing"),
          "json-signals", modifiers("terse"),
          "ignore", modifiers("self"));

  private final Map<String, String> entries;

  /** The attribute that modifiers apply to, its plugin's name, or null. */
  private final String last;

  private final String plugin;

  private DatastarAttributes(Map<String, String> entries, String last, String plugin) {
    this.entries = entries;
    this.last = last;
    this.plugin = plugin;
  }

  /** No attributes, to be added to. */
  public static DatastarAttributes none() {
    return new DatastarAttributes(Map.of(), null, null);
  }

  /**
   * A value as an expression: text as a string, anything else as JSON. Whatever is in it stays a
   * value.
   */
  public static String value(Object value) {
    return value instanceof CharSequence text
        ? Escape.expressionString(text)
        : Escape.expressionJson(Json.of(value));
  }

  /** {@code data-attr}: sets an attribute from an expression. */
  public DatastarAttributes attr(String name, String expression) {
    return keyed("attr", name, expression);
  }

  /** {@code data-attr}: sets several attributes from expressions. */
  public DatastarAttributes attr(Map<String, String> expressions) {
    return add("attr", "data-attr", object(expressions, ""));
  }

  /** {@code data-bind}: two-way binding of a form element to a signal. */
  public DatastarAttributes bind(String signal) {
    return add("bind", "data-bind", signal(signal));
  }

  /** {@code data-class}: has a class while an expression is true. */
  public DatastarAttributes classes(String name, String expression) {
    return keyed("class", name, expression);
  }

  /** {@code data-class}: has each class while its expression is true. */
  public DatastarAttributes classes(Map<String, String> expressions) {
    return add("class", "data-class", object(expressions, ""));
  }

  /** {@code data-computed}: a read-only signal that follows an expression. */
  public DatastarAttributes computed(String signal, String expression) {
    if (!KEYED_SIGNAL.matcher(signal(signal)).matches()) {
      return add("computed", "data-computed", object(Map.of(signal, code(expression)), "() => "));
    }
    return add("computed", "data-computed:" + kebab(signal), code(expression));
  }

  /** {@code data-effect}: runs an expression now and when its signals change. */
  public DatastarAttributes effect(String expression) {
    return add("effect", "data-effect", code(expression));
  }

  /** {@code data-ignore}: Datastar leaves this element and what is in it alone. */
  public DatastarAttributes ignore() {
    return add("ignore", "data-ignore", "");
  }

  /** {@code data-ignore-morph}: morphing leaves this element and what is in it as it is. */
  public DatastarAttributes ignoreMorph() {
    return add("ignore-morph", "data-ignore-morph", "");
  }

  /** {@code data-indicator}: a signal that is true while this element's request is under way. */
  public DatastarAttributes indicator(String signal) {
    return add("indicator", "data-indicator", signal(signal));
  }

  /** {@code data-init}: runs an expression when the element comes into the page. */
  public DatastarAttributes init(String expression) {
    return add("init", "data-init", code(expression));
  }

  /** {@code data-init}: acts when the element comes into the page. */
  public DatastarAttributes init(DatastarAction action) {
    return init(action.toString());
  }

  /** {@code data-json-signals}: shows all signals as JSON, for debugging. */
  public DatastarAttributes jsonSignals() {
    return add("json-signals", "data-json-signals", "");
  }

  /** {@code data-json-signals} of the signals whose path matches; null means no such filter. */
  public DatastarAttributes jsonSignals(String include, String exclude) {
    // read by the client as JSON or, as here, as a JavaScript object
    return add("json-signals", "data-json-signals", DatastarAction.filter(include, exclude));
  }

  /**
   * {@code data-on}: runs an expression at an event. Upper case letters in the event's name are
   * written so that the client finds them again.
   */
  public DatastarAttributes on(String event, String expression) {
    if (!EVENT.matcher(Arguments.line("event", event)).matches() || event.contains("__")) {
      throw new IllegalArgumentException(
          "event: must be of A-Z a-z 0-9 : . _ -, beginning with a letter, without __");
    }
    if (event.equals(event.toLowerCase(Locale.ROOT))) {
      return add("on", "data-on:" + event, code(expression));
    }
    if (Pattern.compile("-[a-z]").matcher(event).find()) {
      throw new IllegalArgumentException("event: has both upper case and a hyphen: " + event);
    }
    return add("on", "data-on:" + kebab(event) + "__case.camel", code(expression));
  }

  /** {@code data-on}: acts at an event. */
  public DatastarAttributes on(String event, DatastarAction action) {
    return on(event, action.toString());
  }

  /** {@code data-on-intersect}: runs an expression when the element comes into view. */
  public DatastarAttributes onIntersect(String expression) {
    return add("on-intersect", "data-on-intersect", code(expression));
  }

  /** {@code data-on-intersect}: acts when the element comes into view. */
  public DatastarAttributes onIntersect(DatastarAction action) {
    return onIntersect(action.toString());
  }

  /** {@code data-on-interval}: runs an expression every second, or {@link #duration}. */
  public DatastarAttributes onInterval(String expression) {
    return add("on-interval", "data-on-interval", code(expression));
  }

  /** {@code data-on-interval}: acts every second, or {@link #duration}. */
  public DatastarAttributes onInterval(DatastarAction action) {
    return onInterval(action.toString());
  }

  /** {@code data-on-signal-patch}: runs an expression when signals change. */
  public DatastarAttributes onSignalPatch(String expression) {
    return add("on-signal-patch", "data-on-signal-patch", code(expression));
  }

  /** {@code data-on-signal-patch-filter}: which signals count; null means no such filter. */
  public DatastarAttributes onSignalPatchFilter(String include, String exclude) {
    return add("filter", "data-on-signal-patch-filter", DatastarAction.filter(include, exclude));
  }

  /** {@code data-preserve-attr}: attributes that morphing keeps as they are. */
  public DatastarAttributes preserveAttr(String... names) {
    StringJoiner all = new StringJoiner(" ");
    for (String name : names) {
      if (Arguments.line("name", name).contains(" ")) {
        throw new IllegalArgumentException("name: must have no space: " + name);
      }
      all.add(name);
    }
    return add("preserve-attr", "data-preserve-attr", all.toString());
  }

  /** {@code data-ref}: a signal that is this element. */
  public DatastarAttributes ref(String signal) {
    return add("ref", "data-ref", signal(signal));
  }

  /** {@code data-show}: visible while an expression is true. */
  public DatastarAttributes show(String expression) {
    return add("show", "data-show", code(expression));
  }

  /** {@code data-signals}: patches signals, as {@link DatastarSse#patchSignals}. */
  public DatastarAttributes signals(Object signals) {
    return add("signals", "data-signals", Escape.expressionJson(Json.object("signals", signals)));
  }

  /** {@code data-style}: sets a style property from an expression. */
  public DatastarAttributes style(String property, String expression) {
    return keyed("style", property, expression);
  }

  /** {@code data-style}: sets several style properties from expressions. */
  public DatastarAttributes style(Map<String, String> expressions) {
    return add("style", "data-style", object(expressions, ""));
  }

  /** {@code data-text}: the element's text follows an expression. */
  public DatastarAttributes text(String expression) {
    return add("text", "data-text", code(expression));
  }

  /** Waits until this long after the last event; options: {@code leading}, {@code notrailing}. */
  public DatastarAttributes debounce(Duration wait, String... options) {
    return timing("debounce", wait, Set.of("leading", "notrailing"), options);
  }

  /** At most once in this time; options: {@code noleading}, {@code trailing}. */
  public DatastarAttributes throttle(Duration wait, String... options) {
    return timing("throttle", wait, Set.of("noleading", "trailing"), options);
  }

  /** Runs this much later. */
  public DatastarAttributes delay(Duration wait) {
    return timing("delay", wait, Set.of());
  }

  /** The interval of {@link #onInterval}; option: {@code leading}, to run at once, too. */
  public DatastarAttributes duration(Duration interval, String... options) {
    return timing("duration", interval, Set.of("leading"), options);
  }

  /** Runs within a view transition. */
  public DatastarAttributes viewTransition() {
    return modify("viewtransition");
  }

  /** Only once. */
  public DatastarAttributes once() {
    return modify("once");
  }

  /** Listens on the window. */
  public DatastarAttributes window() {
    return modify("window");
  }

  /** Listens on the document. */
  public DatastarAttributes document() {
    return modify("document");
  }

  /** Listens in the capture phase. */
  public DatastarAttributes capture() {
    return modify("capture");
  }

  /** A passive listener. */
  public DatastarAttributes passive() {
    return modify("passive");
  }

  /** Only for events outside of the element. */
  public DatastarAttributes outside() {
    return modify("outside");
  }

  /** Prevents the event's default. */
  public DatastarAttributes prevent() {
    return modify("prevent");
  }

  /** Stops the event's propagation. */
  public DatastarAttributes stop() {
    return modify("stop");
  }

  /** When half of the element is in view. */
  public DatastarAttributes half() {
    return modify("half");
  }

  /** When all of the element is in view. */
  public DatastarAttributes full() {
    return modify("full");
  }

  /** When the element goes out of view. */
  public DatastarAttributes exit() {
    return modify("exit");
  }

  /** When this much of the element is in view, in percent, 0 to 100. */
  public DatastarAttributes threshold(int percent) {
    Arguments.range("percent", percent, 0, 100);
    return modify("threshold." + percent);
  }

  /** Patches only signals that are missing. */
  public DatastarAttributes ifMissing() {
    return modify("ifmissing");
  }

  /** JSON without white space. */
  public DatastarAttributes terse() {
    return modify("terse");
  }

  /** Ignores this element, but not what is in it. */
  public DatastarAttributes self() {
    return modify("self");
  }

  /** The property that {@link #bind} binds, such as {@code valueAsNumber}. */
  public DatastarAttributes prop(String property) {
    if (!PROPERTY.matcher(property).matches()) {
      throw new IllegalArgumentException("property: must be of A-Z a-z, beginning in lower case");
    }
    return modify("prop." + kebab(property));
  }

  /** The events at which {@link #bind} reads the element, in lower case. */
  public DatastarAttributes events(String... events) {
    for (String event : events) {
      if (!PLAIN_KEY.matcher(event).matches()) {
        throw new IllegalArgumentException("events: must be of a-z 0-9 -: " + event);
      }
    }
    return modify("event." + String.join(".", events));
  }

  /** The attributes by name, in their order, with values that are not escaped for HTML. */
  public Map<String, String> toMap() {
    return entries;
  }

  /** The attributes as HTML, each with a space before it. */
  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    entries.forEach(
        (name, value) -> {
          out.append(' ').append(name);
          if (!value.isEmpty()) {
            out.append("=\"").append(Escape.html(value)).append('"');
          }
        });
    return out.toString();
  }

  private DatastarAttributes timing(
      String name, Duration wait, Set<String> known, String... options) {
    for (String option : options) {
      if (!known.contains(option)) {
        throw new IllegalArgumentException(name + ": has no option " + option);
      }
    }
    long millis = Arguments.upToDay(name, wait).toMillis();
    String all = Arrays.stream(options).map(option -> "." + option).reduce("", String::concat);
    return modify(name + "." + millis + "ms" + all);
  }

  private static Set<String> modifiers(String names) {
    return Set.of(names.split(" "));
  }

  private DatastarAttributes modify(String modifier) {
    int dot = modifier.indexOf('.');
    String name = dot < 0 ? modifier : modifier.substring(0, dot);
    if (last == null || !MODIFIERS.getOrDefault(plugin, Set.of()).contains(name)) {
      throw new IllegalArgumentException(
          "modifier: " + name + " does not belong to " + (last == null ? "nothing" : last));
    }
    Map<String, String> changed = new LinkedHashMap<>(entries);
    String value = changed.remove(last);
    String modified = last + "__" + modifier;
    if (changed.putIfAbsent(modified, value) != null) {
      throw new IllegalArgumentException("attribute: " + modified + " is given twice");
    }
    return new DatastarAttributes(Collections.unmodifiableMap(changed), modified, plugin);
  }

  private DatastarAttributes add(String plugin, String name, String value) {
    Map<String, String> changed = new LinkedHashMap<>(entries);
    if (changed.putIfAbsent(name, value) != null) {
      throw new IllegalArgumentException("attribute: " + name + " is given twice");
    }
    return new DatastarAttributes(Collections.unmodifiableMap(changed), name, plugin);
  }

  /** HTML lowers the case of names and forbids characters in them: those go into a value. */
  private DatastarAttributes keyed(String plugin, String name, String expression) {
    return PLAIN_KEY.matcher(Arguments.line("name", name)).matches()
        ? add(plugin, "data-" + plugin + ":" + name, code(expression))
        : add(plugin, "data-" + plugin, object(Map.of(name, expression), ""));
  }

  private static String object(Map<String, String> expressions, String before) {
    StringJoiner object = new StringJoiner(", ", "{", "}");
    expressions.forEach(
        (name, expression) ->
            object.add(
                Escape.expressionString(Arguments.line("name", name))
                    + ": "
                    + before
                    + "("
                    + code(expression)
                    + ")"));
    return object.toString();
  }

  private static String code(String expression) {
    if (Objects.requireNonNull(expression, "expression").isBlank()) {
      throw new IllegalArgumentException("expression: must not be blank");
    }
    return expression;
  }

  private static String signal(String signal) {
    Arguments.line("signal", signal);
    if (!SIGNAL.matcher(signal).matches() || signal.contains("__")) {
      throw new IllegalArgumentException(
          "signal: must be names of A-Z a-z 0-9 _ - joined by dots, without $ and __");
    }
    return signal;
  }

  private static String kebab(String camel) {
    StringBuilder out = new StringBuilder();
    for (char c : camel.toCharArray()) {
      if (c >= 'A' && c <= 'Z') {
        out.append('-').append((char) (c | 0x20));
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }
}
