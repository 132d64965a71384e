package org.starcast.datastar;

import jakarta.ws.rs.core.Response;
import java.util.LinkedHashMap;
import java.util.Map;
import org.starcast.SseBroadcaster;
import org.starcast.internal.Arguments;
import org.starcast.internal.wire.PrefixedLines;

/**
 * Patches signals ({@code datastar-patch-signals}), as a JSON merge patch (RFC 7386): values are
 * set, objects merged, and what is null is removed.
 */
public final class PatchSignals extends AbstractEvent<PatchSignals, PatchSignals.SignalValues> {

  static final class SignalValues extends EventValues<SignalValues> {
    private final String json;
    private boolean onlyIfMissing;

    private SignalValues(SseBroadcaster broadcaster, String json) {
      super(broadcaster);
      this.json = json;
    }
  }

  PatchSignals(SseBroadcaster broadcaster, String json) {
    this(new SignalValues(broadcaster, json));
  }

  private PatchSignals(SignalValues values) {
    super(values);
  }

  /**
   * Nests dotted names: {@code user.name} becomes {@code name} in {@code user}, which is how
   * Datastar's expressions read it. Later entries win; a name that is both a value and a parent is
   * refused.
   *
   * @throws IllegalArgumentException if a name is malformed or both a value and a parent
   */
  public static Map<String, Object> nested(Map<String, ?> dotted) {
    Map<String, Object> root = new LinkedHashMap<>();
    dotted.forEach((path, value) -> put(root, path, value));
    return root;
  }

  /** Nulls at the paths; where one path is inside of another, the outer one is removed. */
  static Map<String, Object> nulls(String... paths) {
    if (paths.length == 0) {
      throw new IllegalArgumentException("paths: must be at least one");
    }
    Map<String, Object> root = new LinkedHashMap<>();
    for (String path : paths) {
      String[] names = names(path);
      Map<String, Object> parent = root;
      int last = names.length - 1;
      for (int i = 0; i < last && parent != null; i++) {
        boolean removed = parent.containsKey(names[i]) && parent.get(names[i]) == null;
        parent = removed ? null : child(parent, names[i]);
      }
      if (parent != null) {
        parent.put(names[last], null);
      }
    }
    return root;
  }

  private static void put(Map<String, Object> root, String path, Object value) {
    String[] names = names(path);
    Map<String, Object> parent = root;
    for (int i = 0; i < names.length - 1; i++) {
      parent = child(parent, names[i]);
      if (parent == null) {
        throw new IllegalArgumentException("signals: '" + path + "' is inside of a value");
      }
    }
    Object before = parent.put(names[names.length - 1], value);
    if (before instanceof Branch) {
      throw new IllegalArgumentException("signals: '" + path + "' is a value and a parent");
    }
  }

  private static Map<String, Object> child(Map<String, Object> parent, String name) {
    Object child = parent.get(name);
    if (child == null && !parent.containsKey(name)) {
      child = new Branch();
      parent.put(name, child);
    }
    return child instanceof Branch branch ? branch : null;
  }

  private static String[] names(String path) {
    String[] names = Arguments.line("path", path).split("\\.", -1);
    for (String name : names) {
      if (name.isEmpty()) {
        throw new IllegalArgumentException("path: has an empty name: " + path);
      }
    }
    return names;
  }

  /** Tells the objects made here from maps that are values. */
  private static final class Branch extends LinkedHashMap<String, Object> {
    private static final long serialVersionUID = 1L;
  }

  /** Patches only the signals that the page does not have. */
  public PatchSignals onlyIfMissing() {
    return onlyIfMissing(true);
  }

  /** Whether to patch only the signals that the page does not have; false unless set. */
  public PatchSignals onlyIfMissing(boolean only) {
    return with(v -> v.onlyIfMissing = only);
  }

  /** The signals as a plain JSON answer, for requests that need no stream. */
  public Response toJsonResponse() {
    Response.ResponseBuilder response = Responses.ok(values.json, "application", "json");
    if (values.onlyIfMissing) {
      response.header("datastar-only-if-missing", "true");
    }
    return response.build();
  }

  @Override
  PatchSignals of(SignalValues changed) {
    return new PatchSignals(changed);
  }

  @Override
  String eventName() {
    return "datastar-patch-signals";
  }

  @Override
  CharSequence data() {
    return new PrefixedLines(
        values.onlyIfMissing ? "onlyIfMissing true\n" : "", "signals ", values.json);
  }
}
