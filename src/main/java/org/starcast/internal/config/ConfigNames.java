package org.starcast.internal.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.starcast.internal.Spelling;
import org.starcast.security.TopicAuthorizer.Action;

/**
 * The names that the sources of a configuration have, as somebody wrote them: a key, {@code
 * %profile.} and a key (MicroProfile Config 3.1, section 6.1), or an environment variable (section
 * 5.3.1). Each name that is ours is one of these:
 *
 * <ul>
 *   <li>a fixed key, or an environment variable that stands for one: its value is asked for by the
 *       key, so nothing is read from the name;
 *   <li>a key with a variable part, in force or of a profile that is not;
 *   <li>not known. What looks as if it were to protect something is refused then, as the
 *       application would be open without it; anything else is reported.
 * </ul>
 */
public final class ConfigNames {

  /** The keys of retained topics begin with this. */
  public static final String RETAIN = "starcast.log.retain.";

  /** The keys of topics that have a history of their own begin with this. */
  public static final String TOPICS = "starcast.log.topics.";

  private static final List<String> VARIABLE = List.of(Rule.PREFIX, RETAIN, TOPICS);

  private static final String OURS = "starcast";
  private static final Pattern PROFILE = Pattern.compile("^%[^.]*\\.");
  private static final Pattern VARIABLE_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
  private static final List<String> PROTECTING =
      List.of("security", "rules", "authorizer", "authorization");
  private static final String HOW = "a rule is " + Rule.PREFIX + "\"<pattern>\".<action>=<roles>";

  /**
   * A key with a variable part.
   *
   * @param name as it is written
   * @param key without the profile
   * @param inForce whether it is of no profile, or of an active one
   */
  public record Variable(String name, String key, boolean inForce) {}

  private final List<String> fixed = ConfigKey.fixed();
  private final Map<String, Variable> variables = new LinkedHashMap<>();
  private final List<String> unknown = new ArrayList<>();

  /**
   * Sorts the names.
   *
   * @param names what the sources have
   * @param value gives the value of a key, of the active profile where that has one
   * @throws IllegalArgumentException if one is not known and looks like a rule; the message begins
   *     with it
   */
  public ConfigNames(Iterable<String> names, Function<String, Optional<String>> value) {
    Set<String> environment = new LinkedHashSet<>();
    Set<String> rest = new LinkedHashSet<>();
    for (String name : names) {
      String key = PROFILE.matcher(name).replaceFirst("");
      if (VARIABLE.stream().anyMatch(key::startsWith)) {
        boolean inForce = key.equals(name) || value.apply(key).isPresent();
        variables.put(inForce ? key : name, new Variable(inForce ? key : name, key, inForce));
      } else if (VARIABLE_NAME.matcher(name).matches()) {
        environment.add(name);
      } else if (!fixed.contains(key)) {
        rest.add(name);
      }
    }
    Set<String> known = environmentForms();
    environment.stream().filter(name -> !known.contains(withoutProfile(name))).forEach(rest::add);
    rest.forEach(this::sort);
  }

  /** Those of {@code starcast.security.rules}, of profiles that are not active, too. */
  public List<Variable> rules() {
    return variables(Rule.PREFIX);
  }

  /** Those of {@code starcast.log.retain}, likewise. */
  public List<Variable> retained() {
    return variables(RETAIN);
  }

  /** Those of {@code starcast.log.topics}, likewise. */
  public List<Variable> topics() {
    return variables(TOPICS);
  }

  private List<Variable> variables(String prefix) {
    return variables.values().stream().filter(v -> v.key.startsWith(prefix)).toList();
  }

  /** What is to be said of names that are not known: each, and the nearest that is. */
  public List<String> unknown() {
    return List.copyOf(unknown);
  }

  /** The environment variable, in capitals, by which a key is asked for. */
  public static String environmentForm(String key) {
    return key.replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT);
  }

  /** All variables by which a key that there is can be given another value. */
  private Set<String> environmentForms() {
    Set<String> forms = new HashSet<>();
    Set<String> keys = new HashSet<>(fixed);
    variables.values().forEach(variable -> keys.add(variable.key));
    for (String key : keys) {
      String form = environmentForm(key);
      forms.add(form);
      forms.add(key.replaceAll("[^A-Za-z0-9]", "_"));
    }
    for (Variable variable : variables.values()) {
      boolean ambiguous =
          fixed.stream().anyMatch(k -> environmentForm(k).equals(environmentForm(variable.key)));
      if (ambiguous) {
        throw new IllegalArgumentException(
            variable.name
                + ": is another key's environment variable, too; put what follows "
                + VARIABLE.stream().filter(variable.key::startsWith).findFirst().orElseThrow()
                + " into quotes");
      }
    }
    return forms;
  }

  /** {@code _PROD_STARCAST_X} stands for {@code %prod.starcast.x}. */
  private static String withoutProfile(String name) {
    int begin = name.toUpperCase(Locale.ROOT).indexOf("_STARCAST_");
    return name.startsWith("_") && begin > 0 ? name.substring(begin + 1) : name;
  }

  private void sort(String name) {
    String key = withoutProfile(PROFILE.matcher(name).replaceFirst(""));
    String[] parts = key.toLowerCase(Locale.ROOT).split("[._]+");
    if (parts.length < 2 || !isNear(parts[0], OURS)) {
      return;
    }
    boolean protecting = isProtecting(parts);
    if (!protecting && !parts[0].equals(OURS)) {
      return;
    }
    String meant =
        Spelling.nearest(key, fixed, key.length() / 3)
            .map(nearest -> "is not a key; the nearest is " + nearest)
            .orElse("is not a key");
    String shown = printable(name);
    if (protecting) {
      throw new IllegalArgumentException(shown + ": " + meant + "; " + HOW);
    }
    unknown.add(shown + " " + meant);
  }

  private static boolean isProtecting(String[] parts) {
    List<String> rest = Arrays.asList(parts).subList(1, parts.length);
    boolean action =
        parts.length > 2
            && Arrays.stream(Action.values())
                .anyMatch(known -> known.name().equalsIgnoreCase(parts[parts.length - 1]));
    return action
        || rest.stream().anyMatch(part -> PROTECTING.stream().anyMatch(word -> isNear(part, word)));
  }

  private static boolean isNear(String part, String word) {
    return Spelling.nearest(part, List.of(word), word.length() < 8 ? 1 : 2).isPresent();
  }

  private static String printable(String name) {
    String shown = name.length() > 100 ? name.substring(0, 100) + "..." : name;
    return shown.replaceAll("\\p{Cntrl}", "?");
  }
}
