package org.starcast.internal.json;

import jakarta.json.JsonValue;
import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
import jakarta.json.bind.JsonbConfig;
import jakarta.json.bind.adapter.JsonbAdapter;
import jakarta.json.bind.spi.JsonbProvider;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Calendar;
import java.util.Date;
import java.util.GregorianCalendar;

/**
 * JSON as JavaScript reads it, the same in events and in signals: nulls are kept, dates are ISO
 * 8601 without a zone's name, which {@code new Date(text)} takes, and classes may have any
 * visibility. Thread-safe.
 */
public final class JsonText {

  private JsonText() {}

  /** Made once, at the first use; Jsonb is thread-safe. */
  private static final class Holder {
    static final Jsonb JSONB =
        JsonbBuilder.create(
            new JsonbConfig()
                .withNullValues(true)
                .withPropertyVisibilityStrategy(new PublicMembers())
                .withAdapters(new DateAdapter(), new CalendarAdapter(), new ZonedDateTimeAdapter())
                .withDeserializers(
                    new BoundedNumbers.DecimalDeserializer(),
                    new BoundedNumbers.IntegerDeserializer()));
  }

  private static final String MISSING =
      "Jakarta JSON Binding is not there: add a provider, such as org.eclipse:yasson";

  /** Whether there is JSON-B, with a provider. */
  public static boolean isAvailable() {
    try {
      return JsonbProvider.provider() != null;
    } catch (RuntimeException | LinkageError e) {
      return false;
    }
  }

  /**
   * The one configuration of JSON-B.
   *
   * @throws IllegalStateException if there is no JSON-B, or no provider
   */
  public static Jsonb jsonb() {
    try {
      return Holder.JSONB;
    } catch (LinkageError e) {
      throw new IllegalStateException(MISSING, e);
    }
  }

  /**
   * Any value as JSON, without line breaks.
   *
   * @param name what the value is, for the message of the exception
   * @throws IllegalArgumentException if there is no JSON-B, or it cannot turn it into JSON, or
   *     nothing of it, or of an object in it, would be seen
   */
  public static String of(String name, Object value) {
    if (value == null) {
      return "null";
    }
    if (value instanceof JsonValue made) {
      return made.toString();
    }
    String json;
    try {
      json = jsonb().toJson(value);
    } catch (RuntimeException | StackOverflowError | LinkageError failure) {
      String why = isAvailable() ? "" : "; " + MISSING;
      throw new IllegalArgumentException(
          name + ": cannot be turned into JSON: " + value.getClass().getName() + why, failure);
    }
    if (json.contains("{}") || value.getClass().isHidden()) {
      PublicMembers.requireSomeOf(name, value);
    }
    return json;
  }

  /**
   * JSON-B's own format of dates ends in a zone's name, which JavaScript does not read. Adapted to
   * another time, not to text, so that {@code @JsonbDateFormat} still counts.
   */
  static final class DateAdapter implements JsonbAdapter<Date, Instant> {
    @Override
    public Instant adaptToJson(Date date) {
      // java.sql.Date refuses toInstant()
      return Instant.ofEpochMilli(date.getTime());
    }

    @Override
    public Date adaptFromJson(Instant instant) {
      return Date.from(instant);
    }
  }

  /** As {@link DateAdapter}. */
  static final class CalendarAdapter implements JsonbAdapter<Calendar, OffsetDateTime> {
    @Override
    public OffsetDateTime adaptToJson(Calendar calendar) {
      return calendar.toInstant().atOffset(ZoneOffset.UTC);
    }

    @Override
    public Calendar adaptFromJson(OffsetDateTime time) {
      return GregorianCalendar.from(time.toZonedDateTime());
    }
  }

  /** As {@link DateAdapter}. */
  static final class ZonedDateTimeAdapter implements JsonbAdapter<ZonedDateTime, OffsetDateTime> {
    @Override
    public OffsetDateTime adaptToJson(ZonedDateTime time) {
      // JavaScript's offsets have no seconds, as those before time zones were set up do
      boolean seconds = time.getOffset().getTotalSeconds() % 60 != 0;
      return seconds ? time.toInstant().atOffset(ZoneOffset.UTC) : time.toOffsetDateTime();
    }

    @Override
    public ZonedDateTime adaptFromJson(OffsetDateTime time) {
      return time.toZonedDateTime();
    }
  }
}
