package org.starcast.internal.json;

import jakarta.json.JsonNumber;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import jakarta.json.bind.JsonbException;
import jakarta.json.bind.serializer.DeserializationContext;
import jakarta.json.bind.serializer.JsonbDeserializer;
import jakarta.json.stream.JsonParser;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Optional;

/** Numbers out of JSON that comes from outside, or out of text in it, as inputs in pages give. */
public final class BoundedNumbers {

  /** Characters of a number: parsing one takes the square of its length. */
  public static final int MAX_LENGTH = 1_000;

  /** Beyond which a number is a few bytes of text and gigabytes as an integer or in full. */
  public static final int MAX_EXPONENT = 1_000;

  /** What is wrong with a number that is not bounded. */
  public static final String UNBOUNDED =
      "must be a number with an exponent from -" + MAX_EXPONENT + " to " + MAX_EXPONENT;

  private BoundedNumbers() {}

  /** Whether the number can be converted and written in full. */
  public static boolean isBounded(BigDecimal number) {
    return Math.abs((long) number.scale()) <= MAX_EXPONENT;
  }

  /** The value of a number, or of text that is one; of text that is too long there is none. */
  public static Optional<BigDecimal> of(JsonValue value) {
    try {
      if (value instanceof JsonNumber number) {
        return Optional.of(number.bigDecimalValue());
      }
      if (value instanceof JsonString text && text.getString().length() <= MAX_LENGTH) {
        return Optional.of(new BigDecimal(text.getString()));
      }
    } catch (NumberFormatException e) {
      // not a number
    }
    return Optional.empty();
  }

  private static BigDecimal boundedOrNull(JsonParser parser) {
    JsonValue value = parser.getValue();
    if (value == JsonValue.NULL) {
      return null;
    }
    return of(value)
        .filter(BoundedNumbers::isBounded)
        .orElseThrow(() -> new JsonbException(UNBOUNDED));
  }

  /** JSON-B's own takes text of any length and exponent for a number. */
  static final class DecimalDeserializer implements JsonbDeserializer<BigDecimal> {
    @Override
    public BigDecimal deserialize(JsonParser parser, DeserializationContext context, Type type) {
      return boundedOrNull(parser);
    }
  }

  /** As {@link DecimalDeserializer}; no fractions. */
  static final class IntegerDeserializer implements JsonbDeserializer<BigInteger> {
    @Override
    public BigInteger deserialize(JsonParser parser, DeserializationContext context, Type type) {
      BigDecimal number = boundedOrNull(parser);
      return number == null ? null : number.toBigIntegerExact();
    }
  }
}
