package org.starcast.internal.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.WebApplicationException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.starcast.internal.Spelling;
import org.starcast.internal.http.FormData;
import org.starcast.internal.http.Problem;
import org.starcast.internal.logging.LogMessage;

/** Checks of what a request gives; what is wrong with it is answered by 400 and a problem body. */
final class Parameters {

  private static final System.Logger LOG = System.getLogger(Parameters.class.getName());

  private Parameters() {}

  /** The parameters of a request, which are these and no others. */
  static Map<String, List<String>> query(HttpServletRequest request, String... names) {
    Set<String> known = Set.of(names);
    return known(FormData.parameters(request, known), known);
  }

  /** Returns the parameters if all their names are known. */
  static Map<String, List<String>> known(Map<String, List<String>> parameters, Set<String> names) {
    for (String name : parameters.keySet()) {
      if (!names.contains(name)) {
        throw Problem.badRequest(FormData.printable(name) + ": is not a parameter here");
      }
    }
    return parameters;
  }

  /**
   * Takes parameters that are not known, as caches, trackers and service workers add theirs, but
   * refuses what may be one of ours that is mistyped.
   */
  static void knownOrForeign(Set<String> given, Set<String> names) {
    for (String name : given) {
      if (!names.contains(name)) {
        Spelling.nearest(name, names, name.length() < 8 ? 1 : 2)
            .ifPresent(
                nearest -> {
                  throw Problem.badRequest(
                      FormData.printable(name)
                          + ": is not a parameter here; the nearest is "
                          + nearest);
                });
        LogMessage.PARAMETER_UNKNOWN.log(LOG, FormData.printable(name));
      }
    }
  }

  /** The values, at least one. */
  static List<String> required(Map<String, List<String>> parameters, String name) {
    List<String> values = parameters.getOrDefault(name, List.of());
    if (values.isEmpty()) {
      throw Problem.badRequest(name + ": is missing");
    }
    return values;
  }

  /** Checks how many there are. */
  static void atMost(int most, String name, int count, String what) {
    if (count > most) {
      throw Problem.badRequest(name + ": " + count + " " + what + ", at most " + most);
    }
  }

  /** The value, or null if there is none. */
  static String single(Map<String, List<String>> parameters, String name) {
    List<String> values = parameters.getOrDefault(name, List.of());
    if (values.size() > 1) {
      throw Problem.badRequest(name + ": is given " + values.size() + " times, at most once");
    }
    return values.isEmpty() ? null : values.get(0);
  }

  /** The value as a number. */
  static int number(String parameter, String text) {
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw Problem.badRequest(parameter + ": must be a whole number");
    }
  }

  /** Names the HTTP parameter in place of the Java one in what an argument's check says. */
  static <T> T checked(String parameter, Supplier<T> action) {
    try {
      return action.get();
    } catch (IllegalArgumentException e) {
      throw badRequest(parameter, e);
    }
  }

  /** The answer to what an argument's check says, with the HTTP parameter's name. */
  static WebApplicationException badRequest(String parameter, IllegalArgumentException e) {
    String message = String.valueOf(e.getMessage());
    return Problem.badRequest(parameter + ": " + message.substring(message.indexOf(": ") + 2));
  }
}
