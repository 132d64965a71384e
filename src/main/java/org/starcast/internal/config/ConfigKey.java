package org.starcast.internal.config;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.starcast.internal.DocumentTable;

/**
 * A key of the configuration, as the table in {@code configuration.md} has it, which is both the
 * documentation and what values are checked by.
 *
 * @param name the key; parts in angle brackets are the administrator's
 * @param standard the default, in backticks, or {@code none}, or in words where it depends on the
 *     machine
 * @param bounds one of: {@code 1 to 10}, {@code `0` (none), or 16 to 1,000}, {@code `PT1S` to
 *     `PT1H`}, {@code `one`, `other`}, words
 */
record ConfigKey(String name, String standard, String bounds) {

  private static final Map<String, ConfigKey> ALL = new LinkedHashMap<>();
  private static final Pattern CODE = Pattern.compile("`([^`]*)`");

  static {
    DocumentTable.rows("configuration.md")
        .forEach((name, row) -> ALL.put(name, new ConfigKey(name, row.get(1), row.get(2))));
  }

  /** All keys, in the order of the documentation. */
  static Collection<ConfigKey> all() {
    return ALL.values();
  }

  /** The names without a part that is the administrator's. */
  static List<String> fixed() {
    return ALL.keySet().stream().filter(name -> !name.contains("<")).toList();
  }

  static ConfigKey of(String name) {
    ConfigKey key = ALL.get(name);
    if (key == null) {
      throw new IllegalStateException(name + ": not in the table of keys");
    }
    return key;
  }

  /** The default as a value. */
  String standardValue() {
    return standard.replace("`", "");
  }

  /** The least and the most. */
  String[] range() {
    String plain = plainBounds();
    return plain
        .substring(plain.indexOf(", or ") < 0 ? 0 : plain.indexOf(", or ") + 5)
        .split(" to ");
  }

  /** Whether zero is allowed besides. */
  boolean isZeroAllowed() {
    return plainBounds().contains(", or ");
  }

  private String plainBounds() {
    return bounds.replace("`", "").replaceAll(" \\([^)]*\\)", "");
  }

  /** The values in backticks. */
  List<String> choices() {
    return CODE.matcher(bounds).results().map(found -> found.group(1)).toList();
  }
}
