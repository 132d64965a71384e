package org.starcast.cdi;

import jakarta.enterprise.event.Reception;
import jakarta.enterprise.event.TransactionPhase;
import jakarta.enterprise.inject.spi.AnnotatedMethod;
import jakarta.enterprise.inject.spi.Bean;
import jakarta.enterprise.inject.spi.DefinitionException;
import jakarta.enterprise.inject.spi.EventContext;
import jakarta.enterprise.inject.spi.ObserverMethod;
import jakarta.enterprise.inject.spi.ProcessObserverMethod;
import jakarta.enterprise.inject.spi.ProcessSyntheticObserverMethod;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.starcast.Topic;

/**
 * An observer of the application that sees only the events its {@link Topic} matches; in everything
 * else it is that observer.
 *
 * <p>It stands in for the observer instead of {@code configureObserverMethod().notifyWith(...)}:
 * Weld wraps what such a callback throws into an {@code ObserverException}, but an observer's
 * runtime exception must reach the caller of {@code fire} as it is (CDI 4.0, section 9.5). An
 * observer that is wrapped twice, by one extension instance for each archive, filters twice, which
 * changes nothing.
 */
final class TopicFilteredObserver<T> implements ObserverMethod<T> {

  private final ObserverMethod<T> observer;
  private final TopicFilter filter;

  private TopicFilteredObserver(ObserverMethod<T> observer, TopicFilter filter) {
    this.observer = observer;
    this.filter = filter;
  }

  /**
   * Replaces the observer if it has a pattern or a sender; a malformed one fails the deployment.
   */
  static <T, X> void install(ProcessObserverMethod<T, X> event) {
    ObserverMethod<T> observer = event.getObserverMethod();
    Topic observed = TopicFilter.topicIn(observer.getObservedQualifiers());
    if (observed == null || observer.getBeanClass() == TopicObserver.class) {
      return;
    }
    try {
      TopicFilter filter = TopicFilter.of(observed);
      if (!filter.acceptsAll()) {
        event.setObserverMethod(new TopicFilteredObserver<>(observer, filter));
      }
    } catch (IllegalArgumentException malformed) {
      event.addDefinitionError(
          new DefinitionException(name(event) + ": @Topic: " + malformed.getMessage(), malformed));
    }
  }

  private static String name(ProcessObserverMethod<?, ?> event) {
    AnnotatedMethod<?> annotated =
        event instanceof ProcessSyntheticObserverMethod ? null : event.getAnnotatedMethod();
    if (annotated == null) {
      return event.getObserverMethod().getBeanClass().getName();
    }
    Method method = annotated.getJavaMember();
    return Arrays.stream(method.getParameterTypes())
        .map(Class::getSimpleName)
        .collect(
            Collectors.joining(
                ", ", method.getDeclaringClass().getName() + "." + method.getName() + "(", ")"));
  }

  @Override
  public void notify(EventContext<T> event) {
    if (filter.accepts(event.getMetadata())) {
      observer.notify(event);
    }
  }

  @Override
  public Class<?> getBeanClass() {
    return observer.getBeanClass();
  }

  @Override
  public Bean<?> getDeclaringBean() {
    return observer.getDeclaringBean();
  }

  @Override
  public Type getObservedType() {
    return observer.getObservedType();
  }

  @Override
  public Set<Annotation> getObservedQualifiers() {
    return observer.getObservedQualifiers();
  }

  @Override
  public Reception getReception() {
    return observer.getReception();
  }

  @Override
  public TransactionPhase getTransactionPhase() {
    return observer.getTransactionPhase();
  }

  @Override
  public int getPriority() {
    return observer.getPriority();
  }

  @Override
  public boolean isAsync() {
    return observer.isAsync();
  }

  @Override
  public String toString() {
    return observer.toString();
  }
}
