package org.starcast.datastar;

import java.util.ArrayDeque;
import java.util.Deque;
import org.starcast.internal.http.Problem;

/**
 * A place in JSON. Made for each value that is looked at, so it is one small object; the text of
 * it, which may be long, is made only for what is wrong.
 *
 * @param parent null for the whole
 * @param name of a member, or null
 * @param index of an element, where there is no name
 */
record JsonPath(JsonPath parent, String name, int index) {

  static final JsonPath ROOT = new JsonPath(null, null, 0);

  /** The longest name that is shown, in characters; what is longer is cut. */
  private static final int MAX_NAME = 64;

  JsonPath member(String name) {
    return new JsonPath(this, name, 0);
  }

  JsonPath element(int index) {
    return new JsonPath(this, null, index);
  }

  /** Such as {@code $.items[2]["a b"]}. */
  @Override
  public String toString() {
    Deque<JsonPath> steps = new ArrayDeque<>();
    for (JsonPath step = this; step.parent != null; step = step.parent) {
      steps.push(step);
    }
    StringBuilder text = new StringBuilder("$");
    steps.forEach(step -> step.append(text));
    return text.toString();
  }

  private void append(StringBuilder text) {
    if (name == null) {
      text.append('[').append(index).append(']');
      return;
    }
    String shown = Problem.excerpt(name, MAX_NAME);
    if (shown.matches("[A-Za-z_][A-Za-z0-9_]*")) {
      text.append('.').append(shown);
    } else {
      text.append('[').append(Json.of(shown)).append(']');
    }
  }
}
