package org.starcast.internal.cdi;

import jakarta.enterprise.event.Event;
import jakarta.enterprise.inject.Default;
import jakarta.enterprise.inject.spi.AfterBeanDiscovery;
import jakarta.enterprise.inject.spi.DefinitionException;
import jakarta.enterprise.inject.spi.InjectionPoint;
import jakarta.enterprise.inject.spi.ProcessInjectionPoint;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.starcast.Topic;
import org.starcast.internal.contract.Declaration;
import org.starcast.internal.logging.LogMessage;

/**
 * What the application injects, looked through for mistakes that would otherwise show late or
 * never. Used by the thread that deploys.
 */
final class InjectionPoints {

  private static final System.Logger LOG = System.getLogger(InjectionPoints.class.getName());

  /** By name: it is not loaded where there is no Jakarta REST. */
  private static final String OTHER_BROADCASTER = "jakarta.ws.rs.sse.SseBroadcaster";

  private final List<String> otherBroadcasters = new ArrayList<>();
  private boolean otherBroadcasterIsABean;
  private final Map<Type, String> withTopic = new HashMap<>();
  private final Map<Type, List<String>> plain = new HashMap<>();
  private final Set<Declaration> declared = new LinkedHashSet<>();

  /** An {@code Event} with a topic that cannot be fired on fails the deployment. */
  void see(ProcessInjectionPoint<?, ?> event) {
    InjectionPoint point = event.getInjectionPoint();
    Type type = point.getType();
    if (type.getTypeName().equals(OTHER_BROADCASTER)) {
      otherBroadcasters.add(name(point));
    } else if (type instanceof ParameterizedType generic && generic.getRawType() == Event.class) {
      Type payload = generic.getActualTypeArguments()[0];
      Topic topic = TopicFilter.topicIn(point.getQualifiers());
      if (topic != null) {
        withTopic.putIfAbsent(payload, name(point));
        if (isTopic(topic, point, event)) {
          // without a topic it goes to every client, whatever that is subscribed to
          declared.add(
              new Declaration(topic.value().isEmpty() ? Topic.ANY : topic.value(), payload));
        }
      } else if (point.getQualifiers().isEmpty()
          || point.getQualifiers().equals(Set.of(Default.Literal.INSTANCE))) {
        plain.computeIfAbsent(payload, any -> new ArrayList<>()).add(name(point));
      }
    }
  }

  /**
   * An observer waits for events of this type that have a topic.
   *
   * @param filter which
   */
  void seeObserver(Type observed, TopicFilter filter, String name) {
    withTopic.putIfAbsent(observed, name);
    // one of everything, as for a log, does not say what there is
    if (filter.pattern() != null && observed != Object.class) {
      declared.add(new Declaration(filter.pattern().toString(), observed));
    }
  }

  /** Which payloads are on which topics, as far as this was seen. */
  Set<Declaration> declared() {
    return Collections.unmodifiableSet(declared);
  }

  private static boolean isTopic(
      Topic topic, InjectionPoint point, ProcessInjectionPoint<?, ?> event) {
    try {
      TopicObserver.check(topic);
      return true;
    } catch (IllegalArgumentException malformed) {
      event.addDefinitionError(
          new DefinitionException(
              name(point)
                  + ": @Topic: "
                  + malformed.getMessage()
                  + "; an Event is fired on one topic, patterns are for observers and"
                  + " subscriptions",
              malformed));
      return false;
    }
  }

  /** Some bean of the application has these types. */
  void seeBean(Set<Type> types) {
    otherBroadcasterIsABean |=
        types.stream().anyMatch(type -> type.getTypeName().equals(OTHER_BROADCASTER));
  }

  /** The container would name the class without its package. */
  void refuseTheOtherBroadcaster(AfterBeanDiscovery event) {
    if (!otherBroadcasterIsABean) {
      otherBroadcasters.forEach(
          point ->
              event.addDefinitionError(
                  new DefinitionException(
                      point
                          + ": "
                          + OTHER_BROADCASTER
                          + " cannot be injected: import org.starcast.SseBroadcaster")));
    }
  }

  /** Says once of each {@code Event} that it reaches no browser, where that may not be meant. */
  void warn() {
    withTopic.forEach(
        (type, named) ->
            plain
                .getOrDefault(type, List.of())
                .forEach(
                    point ->
                        LogMessage.EVENT_WITHOUT_TOPIC.log(LOG, point, type.getTypeName(), named)));
  }

  private static String name(InjectionPoint point) {
    return point.getMember().getDeclaringClass().getName() + "." + point.getMember().getName();
  }
}
