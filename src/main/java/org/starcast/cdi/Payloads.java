package org.starcast.cdi;

import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.spi.CreationalContext;
import jakarta.enterprise.inject.AmbiguousResolutionException;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.spi.Bean;
import jakarta.enterprise.inject.spi.BeanManager;
import jakarta.enterprise.util.TypeLiteral;
import jakarta.inject.Inject;
import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
import jakarta.json.bind.JsonbConfig;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.starcast.MessageSource;
import org.starcast.PayloadEncoder;
import org.starcast.SseMessage;

/**
 * Turns what an application fires or publishes into messages and text: the one place that knows the
 * application's {@link PayloadEncoder} beans and its JSON-B. Thread-safe.
 */
@ApplicationScoped
public class Payloads {

  private static final Logger LOG = System.getLogger(Payloads.class.getName());

  @SuppressWarnings("serial") // never serialized
  private static final Type ANY_ENCODER = new TypeLiteral<PayloadEncoder<?>>() {}.getType();

  private static final int NONE = -1;

  /** Dependent encoders live in it, as long as this bean. */
  private final CreationalContext<?> instances;

  private final List<Encoder> encoders;

  /**
   * The encoder's place in the list, for each payload class. A number, not the encoder: the value
   * hangs on the payload's class, which may outlive this application (a JDK class does).
   */
  private final ClassValue<Integer> chosen =
      new ClassValue<>() {
        @Override
        protected Integer computeValue(Class<?> payload) {
          return choose(payload);
        }
      };

  private Jsonb jsonb; // guarded by this; created when first needed

  /** For the container's proxy. */
  protected Payloads() {
    instances = null;
    encoders = List.of();
  }

  @Inject
  Payloads(BeanManager beans) {
    instances = beans.createCreationalContext(null);
    encoders = findEncoders(beans, instances);
  }

  /**
   * The message for a payload: its own if it is a {@link MessageSource}; a character sequence as
   * data; what the {@link PayloadEncoder} for its type makes of it; otherwise the payload itself as
   * data, which becomes JSON.
   *
   * @throws IllegalStateException if several encoders fit the payload equally well, or its encoder
   *     returns null
   */
  public SseMessage toMessage(Object payload) {
    Objects.requireNonNull(payload, "payload");
    if (payload instanceof MessageSource source) {
      return nonNull(source.toSseMessage(), source.getClass());
    }
    if (!encoders.isEmpty() && !(payload instanceof CharSequence)) {
      int index = chosen.get(payload.getClass());
      if (index != NONE) {
        Encoder encoder = encoders.get(index);
        return nonNull(encoder.instance.encode(payload), encoder.bean.getBeanClass());
      }
    }
    return SseMessage.of(payload);
  }

  /**
   * The text that is sent for data: a character sequence as it is, anything else as JSON with null
   * values kept, dates and times in ISO 8601 (JSON-B 3.0, section 3.5) and no line breaks.
   *
   * @throws IllegalArgumentException if JSON-B cannot turn it into JSON
   */
  public CharSequence text(Object data) {
    if (data instanceof CharSequence text) {
      return text;
    }
    Objects.requireNonNull(data, "data");
    Jsonb json = jsonb();
    try {
      return json.toJson(data);
    } catch (RuntimeException | StackOverflowError failure) {
      throw new IllegalArgumentException(
          "data: cannot be turned into JSON: " + data.getClass().getName(), failure);
    }
  }

  private synchronized Jsonb jsonb() {
    if (jsonb == null) {
      jsonb = JsonbBuilder.create(new JsonbConfig().withNullValues(true));
    }
    return jsonb;
  }

  @PreDestroy
  synchronized void close() {
    instances.release();
    if (jsonb != null) {
      try {
        jsonb.close();
      } catch (Exception failure) { // of no consequence: the application has ended
        LOG.log(Level.DEBUG, "JSON-B did not close", failure);
      }
    }
  }

  private static SseMessage nonNull(SseMessage message, Class<?> source) {
    if (message == null) {
      throw new IllegalStateException(source.getName() + " returned no message");
    }
    return message;
  }

  /** An encoder bean and the type that it encodes. */
  private record Encoder(Class<?> type, Bean<?> bean, PayloadEncoder<Object> instance) {}

  private static List<Encoder> findEncoders(BeanManager beans, CreationalContext<?> instances) {
    Map<Class<?>, Set<Bean<?>>> byType = new LinkedHashMap<>();
    for (Bean<?> bean : beans.getBeans(ANY_ENCODER, Any.Literal.INSTANCE)) {
      byType
          .computeIfAbsent(erasure(payloadType(encoderType(bean))), type -> new LinkedHashSet<>())
          .add(bean);
    }
    List<Encoder> found = new ArrayList<>();
    byType.forEach(
        (type, candidates) -> {
          for (Bean<?> bean : enabled(beans, candidates)) {
            @SuppressWarnings("unchecked") // encodes type and its subtypes only, see choose
            PayloadEncoder<Object> instance =
                (PayloadEncoder<Object>) beans.getReference(bean, encoderType(bean), instances);
            found.add(new Encoder(type, bean, instance));
          }
        });
    return List.copyOf(found);
  }

  /** Lets an alternative win, as at any injection point; those that stay ambiguous are all kept. */
  private static Set<Bean<?>> enabled(BeanManager beans, Set<Bean<?>> candidates) {
    try {
      return Set.of(beans.resolve(candidates));
    } catch (AmbiguousResolutionException ambiguous) {
      return candidates;
    }
  }

  private static Type encoderType(Bean<?> bean) {
    for (Type type : bean.getTypes()) {
      if (erasure(type) == PayloadEncoder.class) {
        return type;
      }
    }
    throw new IllegalStateException(bean + " is no PayloadEncoder");
  }

  private static Type payloadType(Type encoderType) {
    return encoderType instanceof ParameterizedType parameterized
        ? parameterized.getActualTypeArguments()[0]
        : Object.class;
  }

  private static Class<?> erasure(Type type) {
    if (type instanceof Class<?> plain) {
      return plain;
    }
    if (type instanceof ParameterizedType parameterized) {
      return erasure(parameterized.getRawType());
    }
    if (type instanceof GenericArrayType array) {
      return erasure(array.getGenericComponentType()).arrayType();
    }
    if (type instanceof TypeVariable<?> variable) {
      return erasure(variable.getBounds()[0]);
    }
    return Object.class;
  }

  /**
   * The most specific encoder; of several that no subtyping orders, the one for the nearest type.
   */
  private int choose(Class<?> payload) {
    List<Integer> best = new ArrayList<>();
    int nearest = Integer.MAX_VALUE;
    for (int i = 0; i < encoders.size(); i++) {
      Class<?> type = encoders.get(i).type;
      if (!type.isAssignableFrom(payload) || hasMoreSpecific(type, payload)) {
        continue;
      }
      int distance = distance(payload, type);
      if (distance < nearest) {
        nearest = distance;
        best.clear();
      }
      if (distance == nearest) {
        best.add(i);
      }
    }
    if (best.size() > 1) {
      throw new IllegalStateException(
          best.stream()
              .map(i -> encoders.get(i).bean.getBeanClass().getName())
              .sorted()
              .collect(
                  Collectors.joining(
                      " and ", "payload: " + payload.getName() + " has several encoders: ", "")));
    }
    return best.isEmpty() ? NONE : best.get(0);
  }

  private boolean hasMoreSpecific(Class<?> encoded, Class<?> payload) {
    return encoders.stream()
        .map(Encoder::type)
        .anyMatch(
            type ->
                type != encoded
                    && type.isAssignableFrom(payload)
                    && encoded.isAssignableFrom(type));
  }

  /** Steps from a class up to one of its supertypes; for Object, and among arrays, the farthest. */
  private static int distance(Class<?> from, Class<?> to) {
    Set<Class<?>> level = Set.of(from);
    for (int distance = 0; !level.isEmpty(); distance++) {
      if (level.contains(to)) {
        return distance;
      }
      Set<Class<?>> next = new HashSet<>();
      for (Class<?> type : level) {
        if (type.getSuperclass() != null) {
          next.add(type.getSuperclass());
        }
        next.addAll(List.of(type.getInterfaces()));
      }
      level = next;
    }
    return Integer.MAX_VALUE;
  }
}
