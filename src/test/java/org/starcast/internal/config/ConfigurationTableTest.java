package org.starcast.internal.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of keys, held against what {@link StarcastConfig} does. */
class ConfigurationTableTest {

  private static final Pattern CODE = Pattern.compile("`([^`]*)`");
  private static final Pattern NUMBERS = Pattern.compile("([0-9,]+) to ([0-9,]+)");
  private static final Pattern DURATIONS =
      Pattern.compile("`(P[^`]*)`(?: \\([a-z ]+\\))? to `(P[^`]*)`");

  /** One line of the table. */
  record Row(String key, String standard, String bounds) {
    @Override
    public String toString() {
      return key;
    }

    /** The key has a part that the administrator chooses. */
    boolean isVariable() {
      return key.contains("<");
    }
  }

  static Stream<Row> rows() {
    return ConfigKey.all().stream().map(key -> new Row(key.name(), key.standard(), key.bounds()));
  }

  private static StarcastConfig read(String key, String value) {
    Map<String, String> values = Map.of(key, value);
    return StarcastConfig.read(asked -> Optional.ofNullable(values.get(asked)), values.keySet());
  }

  private static List<String> codes(String cell) {
    return CODE.matcher(cell).results().map(found -> found.group(1)).toList();
  }

  @Test
  void itHasEveryKeyThatIsReadAndNoOther() {
    Set<String> read = new TreeSet<>();
    StarcastConfig.read(
        key -> {
          read.add(key);
          return Optional.empty();
        },
        List.of());
    assertThat(rows().filter(row -> !row.isVariable()).map(Row::key))
        .containsExactlyInAnyOrderElementsOf(read);
  }

  @Test
  void anEnvironmentVariableStandsForOneKeyAlone() {
    assertThat(rows().filter(row -> !row.isVariable()).map(Row::key))
        .extracting(ConfigNames::environmentForm)
        .doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theDefaultIsWhatHoldsWhenNothingIsSaid(Row row) {
    List<String> values = codes(row.standard);
    // a default that depends on the machine is given in words
    if (values.size() == 1 && row.standard.equals("`" + values.get(0) + "`")) {
      assertThat(read(row.key, values.get(0))).isEqualTo(StarcastConfig.defaults());
    } else {
      assertThat(row.standard).matches("none|.*(heap|processors).*");
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void theBoundsAreTakenAndWhatIsBeyondThemIsNot(Row row) {
    Matcher numbers = NUMBERS.matcher(row.bounds);
    Matcher durations = DURATIONS.matcher(row.bounds);
    if (row.isVariable() || row.bounds.contains("characters")) {
      return;
    } else if (numbers.find()) {
      long min = Long.parseLong(numbers.group(1).replace(",", ""));
      long max = Long.parseLong(numbers.group(2).replace(",", ""));
      assertTaken(row.key, "" + min);
      assertTaken(row.key, "" + max);
      assertRefused(row.key, "" + (max + 1));
      if (!codes(row.bounds).contains("" + (min - 1))) {
        assertRefused(row.key, "" + (min - 1));
      }
    } else if (durations.find()) {
      Duration min = Duration.parse(durations.group(1));
      Duration max = Duration.parse(durations.group(2));
      assertTaken(row.key, min.toString());
      assertTaken(row.key, max.toString());
      assertRefused(row.key, max.plusNanos(1).toString());
      assertRefused(row.key, min.minusNanos(1).toString());
    } else if (row.bounds.startsWith("`")) {
      assertRefused(row.key, "something else");
    }
    if (row.bounds.startsWith("`") && !row.key.equals("starcast.log.store")) {
      codes(row.bounds).forEach(value -> assertTaken(row.key, value));
    }
  }

  private static void assertTaken(String key, String value) {
    assertThatCode(() -> read(key, value)).as(key + "=" + value).doesNotThrowAnyException();
  }

  private static void assertRefused(String key, String value) {
    assertThatIllegalArgumentException()
        .as(key + "=" + value)
        .isThrownBy(() -> read(key, value))
        .withMessageStartingWith(key + ": ");
  }
}
