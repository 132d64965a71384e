package org.starcast.datastar;

import jakarta.json.JsonObject;
import jakarta.json.JsonStructure;
import jakarta.json.JsonValue;
import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
import jakarta.json.bind.JsonbConfig;
import jakarta.json.bind.adapter.JsonbAdapter;
import jakarta.json.stream.JsonParser;
import jakarta.json.stream.JsonParser.Event;
import java.io.StringReader;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Calendar;
import java.util.Date;
import java.util.GregorianCalendar;

/** JSON as signals have it: nulls are kept, dates are ISO 8601 as JavaScript reads it. */
final class Json {

  private Json() {}

  /** Made once, at the first use; Jsonb is thread-safe. */
  private static final class Holder {
    static final Jsonb JSONB =
        JsonbBuilder.create(
            new JsonbConfig()
                .withNullValues(true)
                .withAdapters(
                    new DateAdapter(), new CalendarAdapter(), new ZonedDateTimeAdapter()));
  }

  static Jsonb jsonb() {
    return Holder.JSONB;
  }

  /**
   * Any value as JSON.
   *
   * @throws IllegalArgumentException if it cannot be JSON
   */
  static String of(Object value) {
    if (value == null) {
      return "null";
    }
    if (value instanceof JsonValue json) {
      return json.toString();
    }
    try {
      return jsonb().toJson(value);
    } catch (RuntimeException e) {
      throw new IllegalArgumentException(
          "value: " + value.getClass().getName() + " cannot be written as JSON", e);
    }
  }

  /**
   * A JSON object, from text that is one or from a value.
   *
   * @throws IllegalArgumentException if it is not an object
   */
  static String object(String name, Object value) {
    if (value instanceof CharSequence text) {
      String json = text.toString();
      try {
        parseObject(json);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(name + ": must be a JSON object; " + e.getMessage(), e);
      }
      return json;
    }
    if (value == null || value instanceof JsonStructure && !(value instanceof JsonObject)) {
      throw new IllegalArgumentException(name + ": must be a JSON object");
    }
    String json = of(value);
    if (!json.startsWith("{")) {
      throw new IllegalArgumentException(
          name
              + ": must be a JSON object, "
              + value.getClass().getName()
              + " is not written as one");
    }
    return json;
  }

  /**
   * Parses a text that is one JSON object and nothing else.
   *
   * @throws IllegalArgumentException if it is not; the message says where
   */
  static JsonObject parseObject(String text) {
    try (JsonParser parser = jakarta.json.Json.createParser(new StringReader(text))) {
      if (!parser.hasNext() || parser.next() != Event.START_OBJECT) {
        throw new IllegalArgumentException("it begins with something else");
      }
      JsonObject object = parser.getObject();
      if (parser.hasNext()) {
        throw new IllegalArgumentException("it goes on after its end");
      }
      return object;
    } catch (IllegalArgumentException e) {
      throw e;
    } catch (RuntimeException e) {
      // JsonParsingException, or what an implementation throws for text that is too deep
      throw new IllegalArgumentException("it is not valid JSON: " + e.getMessage(), e);
    }
  }

  /** JSON-B's own format of dates ends in a zone's name, which JavaScript does not read. */
  public static final class DateAdapter implements JsonbAdapter<Date, String> {
    @Override
    public String adaptToJson(Date date) {
      return Instant.ofEpochMilli(date.getTime()).toString();
    }

    @Override
    public Date adaptFromJson(String text) {
      return Date.from(OffsetDateTime.parse(text).toInstant());
    }
  }

  /** As {@link DateAdapter}. */
  public static final class CalendarAdapter implements JsonbAdapter<Calendar, String> {
    @Override
    public String adaptToJson(Calendar calendar) {
      return calendar.toInstant().toString();
    }

    @Override
    public Calendar adaptFromJson(String text) {
      return GregorianCalendar.from(ZonedDateTime.parse(text));
    }
  }

  /** As {@link DateAdapter}. */
  public static final class ZonedDateTimeAdapter implements JsonbAdapter<ZonedDateTime, String> {
    @Override
    public String adaptToJson(ZonedDateTime time) {
      return DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(time);
    }

    @Override
    public ZonedDateTime adaptFromJson(String text) {
      return ZonedDateTime.parse(text);
    }
  }
}
