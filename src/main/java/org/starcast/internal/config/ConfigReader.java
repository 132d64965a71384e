package org.starcast.internal.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.internal.topic.TopicName;

/**
 * Reads values by their keys, with the default and the bounds that {@link ConfigKey} has. Each call
 * throws an {@link IllegalArgumentException} that begins with the key if the value is malformed or
 * out of bounds.
 *
 * @param source gives the value of a key
 */
record ConfigReader(Function<String, Optional<String>> source) {

  private static final Pattern ORIGIN =
      Pattern.compile("https?://([a-z0-9.-]+|\\[[0-9a-f:.]+\\])(:[0-9]{1,5})?");
  private static final Pattern TOPIC =
      Pattern.compile(
          Pattern.quote(ConfigNames.TOPICS) + "(?:\"(.*)\"|(.*))\\.(events|bytes|age)",
          Pattern.DOTALL);
  private static final Pattern RETAIN =
      Pattern.compile(Pattern.quote(ConfigNames.RETAIN) + "(\"?)(.*)\\1", Pattern.DOTALL);

  private String value(String key) {
    return source.apply(key).orElse(ConfigKey.of(key).standardValue()).trim();
  }

  /** A value that is neither missing nor empty, which MicroProfile Config takes for the same. */
  Optional<String> optional(String key) {
    ConfigKey.of(key);
    return source.apply(key).map(String::trim).filter(text -> !text.isEmpty());
  }

  int integer(String key) {
    return (int) number(key, value(key));
  }

  long number(String key) {
    return number(key, value(key));
  }

  /** As {@link #number(String)}, of a key whose default depends on the machine. */
  long number(String key, long standard) {
    return source.apply(key).map(text -> number(key, text)).orElse(standard);
  }

  OptionalLong optionalNumber(String key) {
    return optional(key).stream().mapToLong(text -> number(key, text)).findFirst();
  }

  private static long number(String key, String text) {
    long value;
    try {
      value = Long.parseLong(text.trim());
    } catch (NumberFormatException e) {
      throw bad(key, "must be a whole number, is " + quote(text));
    }
    ConfigKey known = ConfigKey.of(key);
    long min = Long.parseLong(known.range()[0].replace(",", ""));
    long max = Long.parseLong(known.range()[1].replace(",", ""));
    if ((value < min || value > max) && (value != 0 || !known.isZeroAllowed())) {
      throw bad(key, "must be " + min + " to " + max + ", is " + value);
    }
    return value;
  }

  Duration duration(String key) {
    return duration(key, value(key));
  }

  Optional<Duration> optionalDuration(String key) {
    return optional(key).map(text -> duration(key, text));
  }

  private static Duration duration(String key, String text) {
    Duration value;
    try {
      value = Duration.parse(text);
    } catch (DateTimeParseException e) {
      throw bad(key, "must be an ISO 8601 duration such as PT15S, is " + quote(text));
    }
    ConfigKey known = ConfigKey.of(key);
    String min = known.range()[0];
    String max = known.range()[1];
    boolean within =
        value.compareTo(Duration.parse(min)) >= 0 && value.compareTo(Duration.parse(max)) <= 0;
    if (!within && !(value.isZero() && known.isZeroAllowed())) {
      throw bad(key, "must be " + min + " to " + max + ", is " + value);
    }
    return value;
  }

  /** What MicroProfile Config's converter takes for true; and its opposites. */
  boolean bool(String key) {
    String text = value(key);
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true", "yes", "y", "on", "1" -> true;
      case "false", "no", "n", "off", "0" -> false;
      default -> throw bad(key, "must be true or false, is " + quote(text));
    };
  }

  String oneOf(String key) {
    return oneOf(key, value(key));
  }

  Optional<String> optionalOneOf(String key) {
    return optional(key).map(text -> oneOf(key, text));
  }

  <E extends Enum<E>> E oneOf(String key, Class<E> type) {
    return Enum.valueOf(
        type, oneOf(key, value(key).replace('-', '_').toUpperCase(Locale.ROOT), value(key)));
  }

  private static String oneOf(String key, String text) {
    return oneOf(key, text, text);
  }

  private static String oneOf(String key, String text, String shown) {
    List<String> choices = ConfigKey.of(key).choices();
    if (!choices.contains(text)) {
      String allowed = String.join(", ", choices).replaceFirst(", ([^,]*)$", " or $1");
      throw bad(key, "must be " + allowed + ", is " + quote(shown));
    }
    return text;
  }

  String text(String key) {
    try {
      return TopicName.checkText(key, value(key));
    } catch (IllegalArgumentException e) {
      throw bad(key, "must be 1 to 256 characters without control characters");
    }
  }

  /** A name of 1 to 64 characters that mean nothing in subjects. */
  String name(String key) {
    String name = value(key);
    boolean dots = ConfigKey.of(key).bounds().contains("dots");
    String part = "[A-Za-z0-9_-]+";
    if (name.length() > 64 || !name.matches(dots ? part + "(\\." + part + ")*" : part)) {
      String characters = "A-Z a-z 0-9 _ -" + (dots ? " with single dots between" : "");
      throw bad(key, "must be 1 to 64 characters of " + characters + ", is " + quote(name));
    }
    return name;
  }

  /** A name that needs no quotes in SQL. */
  String identifier(String key) {
    String name = value(key);
    if (!name.matches("[a-z_][a-z0-9_]{0,62}")) {
      throw bad(
          key, "must be 1 to 63 characters of a-z 0-9 _, the first no digit, is " + quote(name));
    }
    return name;
  }

  /** A file that can be read. */
  Optional<Path> file(String key) {
    Optional<Path> file = path(key, "file");
    if (file.isPresent() && !Files.isReadable(file.get())) {
      throw bad(key, "must be a file that can be read, is " + quote(file.get().toString()));
    }
    return file;
  }

  Optional<Path> directory(String key) {
    return path(key, "directory");
  }

  private Optional<Path> path(String key, String what) {
    Optional<String> text = optional(key);
    try {
      return text.map(Path::of);
    } catch (InvalidPathException e) {
      throw bad(key, "must be the name of a " + what + ", is " + quote(text.get()));
    }
  }

  /** Origins as browsers write them (RFC 6454, section 6.2). */
  List<String> origins(String key) {
    List<String> origins = new ArrayList<>();
    for (String origin : optional(key).map(text -> text.split(",", -1)).orElse(new String[0])) {
      String trimmed = origin.trim();
      if (!ORIGIN.matcher(trimmed).matches()
          || trimmed.startsWith("http:") && trimmed.endsWith(":80")
          || trimmed.startsWith("https:") && trimmed.endsWith(":443")) {
        throw bad(
            key,
            "must be origins such as https://shop.example, in lower case, without a path and the"
                + " default port, separated by commas; has "
                + quote(trimmed));
      }
      origins.add(trimmed);
    }
    return List.copyOf(origins);
  }

  /** URLs of brokers; errors are told without the text, which may have a password. */
  List<URI> servers(String key) {
    List<URI> servers = new ArrayList<>();
    for (String text : value(key).split(",", -1)) {
      int number = servers.size() + 1;
      URI uri;
      try {
        uri = new URI(text.trim());
      } catch (URISyntaxException e) {
        throw bad(key, "must be URLs separated by commas, number " + number + " is none");
      }
      boolean known = "nats".equals(uri.getScheme()) || "tls".equals(uri.getScheme());
      if (!known || uri.getHost() == null) {
        throw bad(
            key,
            "must be URLs such as nats://broker.example:4222 or tls://broker.example:4222,"
                + " separated by commas; number "
                + number
                + " is another");
      }
      servers.add(uri);
    }
    return List.copyOf(servers);
  }

  /** The patterns in {@code starcast.log.retain."<pattern>"}, with or without the quotes. */
  List<String> retained(ConfigNames names) {
    return inForce(
        names.retained(),
        (key, text) -> {
          if (!text.orElse("latest").trim().equals("latest")) {
            throw new IllegalArgumentException("must be latest, is " + quote(text.get()));
          }
          Matcher parts = RETAIN.matcher(key);
          if (!parts.matches()) {
            throw new IllegalArgumentException("must be " + ConfigNames.RETAIN + "\"<pattern>\"");
          }
          return CompiledPattern.of(parts.group(2)).toString();
        });
  }

  /** What {@code starcast.log.topics."<pattern>".<bound>} says, by pattern. */
  Map<String, TopicBounds> topics(ConfigNames names) {
    Map<String, TopicBounds> topics = new LinkedHashMap<>();
    for (Map.Entry<String, TopicBounds> one : inForce(names.topics(), this::topic)) {
      topics.merge(one.getKey(), one.getValue(), TopicBounds::and);
    }
    return Collections.unmodifiableMap(topics);
  }

  private Map.Entry<String, TopicBounds> topic(String key, Optional<String> text) {
    Matcher parts = TOPIC.matcher(key);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "must be " + ConfigNames.TOPICS + "\"<pattern>\" and .events, .bytes or .age");
    }
    String pattern = parts.group(1) == null ? parts.group(2) : parts.group(1);
    return Map.entry(
        CompiledPattern.of(pattern).toString(), bounds(parts.group(3), text.orElse("")));
  }

  private static TopicBounds bounds(String bound, String text) {
    String known = ConfigNames.TOPICS + "\"<pattern>\"." + bound;
    try {
      return switch (bound) {
        case "events" -> new TopicBounds((int) number(known, text), 0, 0);
        case "bytes" -> new TopicBounds(0, number(known, text), 0);
        default -> new TopicBounds(0, 0, duration(known, text).toMillis());
      };
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(e.getMessage().substring(known.length() + 2), e);
    }
  }

  /** What {@code starcast.security.rules."<pattern>".<action>} says. */
  List<Rule> rules(ConfigNames names) {
    return inForce(names.rules(), (key, text) -> Rule.parse(key, text.orElse("")));
  }

  /** Reads all, those of other profiles too, as they must be well formed. */
  private <T> List<T> inForce(
      List<ConfigNames.Variable> variables, BiFunction<String, Optional<String>, T> parser) {
    List<T> values = new ArrayList<>();
    for (ConfigNames.Variable variable : variables) {
      T value;
      try {
        value = parser.apply(variable.key(), source.apply(variable.name()));
      } catch (IllegalArgumentException e) {
        throw bad(variable.name(), e.getMessage());
      }
      if (variable.inForce()) {
        values.add(value);
      }
    }
    return List.copyOf(values);
  }

  private static String quote(String text) {
    String shown = text.length() > 40 ? text.substring(0, 40) + "..." : text;
    return "'" + shown.replaceAll("\\p{Cntrl}", "?") + "'";
  }

  static IllegalArgumentException bad(String key, String problem) {
    return new IllegalArgumentException(key + ": " + problem);
  }
}
