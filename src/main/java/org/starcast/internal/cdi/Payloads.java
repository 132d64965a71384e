package org.starcast.internal.cdi;

import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.spi.CreationalContext;
import jakarta.enterprise.inject.AmbiguousResolutionException;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.spi.Bean;
import jakarta.enterprise.inject.spi.BeanManager;
import jakarta.enterprise.util.TypeLiteral;
import jakarta.inject.Inject;
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
import org.starcast.PayloadEncoder;
import org.starcast.SseMessage;
import org.starcast.internal.payload.PayloadRule;

/**
 * Turns what an application fires or publishes into messages: the one place that knows the
 * application's {@link PayloadEncoder} beans. Thread-safe.
 */
@ApplicationScoped
public class Payloads {

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

  private final PayloadRule rule = new PayloadRule(this::encode);

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
   * The message for a payload, by the one {@linkplain PayloadRule rule}; its data is text.
   *
   * @throws IllegalArgumentException if the payload cannot become text
   * @throws IllegalStateException if several encoders fit the payload equally well, or its encoder
   *     returns null
   */
  public SseMessage toMessage(Object payload) {
    Objects.requireNonNull(payload, "payload");
    return toText(SseMessage.of(payload));
  }

  /**
   * A message whose data is text, by the one {@linkplain PayloadRule rule}.
   *
   * @throws IllegalArgumentException as {@link #toMessage}
   * @throws IllegalStateException as {@link #toMessage}
   */
  public SseMessage toText(SseMessage message) {
    return rule.apply(message);
  }

  private SseMessage encode(Object payload) {
    int index = encoders.isEmpty() ? NONE : chosen.get(payload.getClass());
    if (index == NONE) {
      return null;
    }
    Encoder encoder = encoders.get(index);
    SseMessage message = encoder.instance.encode(payload);
    if (message == null) {
      throw new IllegalStateException(
          encoder.bean.getBeanClass().getName() + " returned no message");
    }
    return message;
  }

  @PreDestroy
  void close() {
    instances.release();
  }

  /** The types that the application has encoders for; none of those is made. */
  public static Set<Class<?>> encoded(BeanManager beans) {
    return beans.getBeans(ANY_ENCODER, Any.Literal.INSTANCE).stream()
        .map(bean -> erasure(payloadType(encoderType(bean))))
        .collect(Collectors.toSet());
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
