package org.starcast.internal.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import jakarta.json.bind.annotation.JsonbDateFormat;
import jakarta.json.bind.annotation.JsonbTransient;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Calendar;
import java.util.Date;
import java.util.GregorianCalendar;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TimeZone;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** JSON as JavaScript reads it. */
class JsonTextTest {

  private static String json(Object value) {
    return JsonText.of("data", value);
  }

  @Test
  void nullsAreKeptAndNothingBreaksALine() {
    Map<String, Object> signals = new LinkedHashMap<>();
    signals.put("b", "a \"b\"\n");
    signals.put("a", null);
    assertThat(json(signals)).isEqualTo("{\"b\":\"a \\\"b\\\"\\n\",\"a\":null}");
    assertThat(json(List.of(1, true, "x"))).isEqualTo("[1,true,\"x\"]");
    assertThat(json(42)).isEqualTo("42");
    assertThat(json(null)).isEqualTo("null");
  }

  private static final Instant AT = Instant.parse("2026-11-21T08:00:00.125Z");
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

  private static Calendar calendar() {
    Calendar calendar = new GregorianCalendar(TimeZone.getTimeZone(BERLIN));
    calendar.setTimeInMillis(AT.toEpochMilli());
    return calendar;
  }

  static List<Arguments> dates() {
    String utc = "2026-11-21T08:00:00.125Z";
    String berlin = "2026-11-21T09:00:00.125+01:00";
    return List.of(
        Arguments.of(Date.from(AT), utc),
        Arguments.of(new java.sql.Timestamp(AT.toEpochMilli()), utc),
        Arguments.of(new java.sql.Date(AT.toEpochMilli()), utc),
        Arguments.of(calendar(), utc),
        Arguments.of(AT, utc),
        Arguments.of(AT.atZone(BERLIN), berlin),
        Arguments.of(AT.atZone(BERLIN).toOffsetDateTime(), berlin),
        Arguments.of(AT.atOffset(ZoneOffset.UTC), utc),
        // of before there were time zones
        Arguments.of(
            ZonedDateTime.of(LocalDateTime.of(1880, 1, 1, 0, 0), BERLIN), "1879-12-31T23:06:32Z"),
        Arguments.of(LocalDateTime.of(2026, 11, 21, 8, 0), "2026-11-21T08:00:00"),
        Arguments.of(LocalDate.of(2026, 11, 21), "2026-11-21"));
  }

  record Holder<T>(T plain, Object any, List<T> list, Map<String, T> map, Optional<T> maybe) {}

  @ParameterizedTest
  @MethodSource("dates")
  void aDateIsIsoTextThatJavaScriptReadsWhereverItIs(Object date, String expected) {
    String text = "\"" + expected + "\"";
    assertThat(json(date)).isEqualTo(text);
    assertThat(json(new Holder<>(date, date, List.of(date), Map.of("k", date), Optional.of(date))))
        .isEqualTo(
            "{\"any\":%1$s,\"list\":[%1$s],\"map\":{\"k\":%1$s},\"maybe\":%1$s,\"plain\":%1$s}"
                .formatted(text));
  }

  public static class Times {
    public Date date;
    public Calendar calendar;
    public ZonedDateTime zoned;
    public OffsetDateTime offset;

    @JsonbDateFormat("dd.MM.yyyy")
    public LocalDate own;
  }

  @Test
  void datesAreReadAsTheyAreWritten() {
    Times times = new Times();
    times.date = Date.from(AT);
    times.calendar = calendar();
    times.zoned = AT.atZone(ZoneOffset.ofHours(1));
    times.offset = times.zoned.toOffsetDateTime();
    times.own = LocalDate.of(2026, 11, 21);
    Times read = JsonText.jsonb().fromJson(json(times), Times.class);
    assertThat(read).usingRecursiveComparison().ignoringFields("calendar").isEqualTo(times);
    assertThat(read.calendar.toInstant()).isEqualTo(AT);
  }

  record Formatted(
      @JsonbDateFormat("dd.MM.yyyy") Date date,
      @JsonbDateFormat("dd.MM.yyyy") Calendar calendar,
      @JsonbDateFormat("dd.MM.yyyy HH:mm") ZonedDateTime zoned) {}

  @Test
  void aFormatOfTheApplicationsOwnCounts() {
    assertThat(json(new Formatted(Date.from(AT), calendar(), AT.atZone(BERLIN))))
        .isEqualTo(
            "{\"calendar\":\"21.11.2026\",\"date\":\"21.11.2026\",\"zoned\":\"21.11.2026 09:00\"}");
  }

  record Packaged(Inner inner, List<Inner> list, Map<String, Inner> map) {}

  private record Inner(int number) {}

  private static final class Bean extends Base {
    public Inner inner = new Inner(2);

    public int getSize() {
      return 3;
    }
  }

  private abstract static class Base {
    private final int id = 1;

    public int getId() {
      return id;
    }
  }

  private record Generic<T>(T value) {}

  @Test
  void classesOfAnyVisibilityBecomeJson() {
    Inner inner = new Inner(7);
    assertThat(json(inner)).isEqualTo("{\"number\":7}");
    assertThat(json(new Packaged(inner, List.of(inner), Map.of("k", inner))))
        .isEqualTo(
            "{\"inner\":{\"number\":7},\"list\":[{\"number\":7}],\"map\":{\"k\":{\"number\":7}}}");
    assertThat(json(new Bean())).isEqualTo("{\"id\":1,\"inner\":{\"number\":2},\"size\":3}");
    assertThat(json(new Generic<>(List.of(new Generic<>(inner)))))
        .isEqualTo("{\"value\":[{\"value\":{\"number\":7}}]}");
    record Local(Inner inner) {}
    assertThat(json(new Local(inner))).isEqualTo("{\"inner\":{\"number\":7}}");
    assertThat(
            json(
                new Object() {
                  public int getNumber() {
                    return 7;
                  }
                }))
        .isEqualTo("{\"number\":7}");
  }

  private static final class Closed {
    private final int secret = 1;

    int secret() {
      return secret;
    }
  }

  private record Nested(Object value, @JsonbTransient Object left) {}

  static List<Object> closed() {
    Closed closed = new Closed();
    Supplier<Integer> lambda = closed::secret;
    return List.of(
        closed,
        lambda,
        List.of(closed),
        Map.of("k", new Object[] {closed}),
        new Nested(Optional.of(new Generic<>(closed)), null));
  }

  @ParameterizedTest
  @MethodSource("closed")
  void whatWouldBeSentAsNothingIsRefusedWithWhatToDo(Object value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> json(value))
        .withMessageStartingWith("data: nothing of " + JsonTextTest.class.getName())
        .withMessageContainingAll("make it a record", "public getters", "PayloadEncoder");
  }

  private record Nothing() {}

  @Test
  void whatHasNothingToShowIsAnEmptyObject() {
    assertThat(json(new Nothing())).isEqualTo("{}");
    assertThat(json(Map.of())).isEqualTo("{}");
    assertThat(json(new Object())).isEqualTo("{}");
    assertThat(json(List.of(Map.of(), new Nothing(), "{}"))).isEqualTo("[{},{},\"{}\"]");
    List<Object> circle = new ArrayList<>(List.of(Map.of()));
    assertThat(json(new Nested(circle, circle))).isEqualTo("{\"value\":[{}]}");
  }

  public static class Leaky {
    public String getSecret() {
      throw new IllegalStateException("hunter2");
    }
  }

  @Test
  void whatJsonBRefusesIsNamedWithoutItsContent() {
    Map<String, Object> endless = new HashMap<>();
    endless.put("self", endless);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> json(new Leaky()))
        .withMessage("data: cannot be turned into JSON: " + Leaky.class.getName());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> json(endless))
        .withMessage("data: cannot be turned into JSON: java.util.HashMap");
    assertThat(json(1)).isEqualTo("1");
  }
}
