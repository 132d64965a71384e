package org.starcast.internal.cdi;

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
import java.util.function.Supplier;
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
 *
 * <p>One of {@link TransactionPhase#AFTER_SUCCESS} is not notified while the caller's transaction
 * is one that has been rolled back, by a time-out say: Weld takes that for no transaction, and
 * would notify it at once.
 */
final class TopicFilteredObserver<T> implements ObserverMethod<T> {

  private final ObserverMethod<T> observer;
  private final TopicFilter filter;
  private final Supplier<Transactions.Phase> transaction;

  private TopicFilteredObserver(
      ObserverMethod<T> observer, TopicFilter filter, Supplier<Transactions.Phase> transaction) {
    this.observer = observer;
    this.filter = filter;
    this.transaction = transaction;
  }

  /**
   * Replaces the observer if it has a pattern or a sender, or waits for success; a malformed one
   * fails the deployment.
   *
   * @param transaction gives the state of the caller's transaction
   * @param seen is told of each observer with a topic
   */
  static <T, X> void install(
      ProcessObserverMethod<T, X> event,
      Supplier<Transactions.Phase> transaction,
      InjectionPoints seen) {
    ObserverMethod<T> observer = event.getObserverMethod();
    Topic observed = TopicFilter.topicIn(observer.getObservedQualifiers());
    if (observed == null || observer.getBeanClass() == TopicObserver.class) {
      return;
    }
    try {
      TopicFilter filter = TopicFilter.of(observed);
      seen.seeObserver(observer.getObservedType(), filter, name(event));
      if (!filter.acceptsAll()
          || observer.getTransactionPhase() == TransactionPhase.AFTER_SUCCESS) {
        event.setObserverMethod(new TopicFilteredObserver<>(observer, filter, transaction));
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
    if (filter.accepts(event.getMetadata()) && !isRolledBack()) {
      observer.notify(event);
    }
  }

  private boolean isRolledBack() {
    if (getTransactionPhase() != TransactionPhase.AFTER_SUCCESS) {
      return false;
    }
    return switch (transaction.get()) {
      case ROLLING_BACK, ROLLED_BACK -> true;
      case NONE, OPEN -> false;
    };
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
