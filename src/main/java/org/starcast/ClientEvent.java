package org.starcast;

import static java.lang.annotation.ElementType.FIELD;
import static java.lang.annotation.ElementType.METHOD;
import static java.lang.annotation.ElementType.PARAMETER;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import jakarta.enterprise.util.AnnotationLiteral;
import jakarta.inject.Qualifier;
import java.lang.annotation.Documented;
import java.lang.annotation.Retention;
import java.lang.annotation.Target;
import java.util.Optional;
import org.starcast.SseClient.CloseReason;

/**
 * A client's stream was opened or closed. Fired exactly once for each, with {@link Opened} or
 * {@link Closed}, as a synchronous and as an asynchronous CDI event, on a thread of the container
 * that serves no request; an observer that throws disturbs nobody else.
 *
 * <pre>{@code
 * void opened(@Observes @Opened ClientEvent event) { ... }
 * void closed(@ObservesAsync @Closed ClientEvent event) { ... event.reason() ... }
 * }</pre>
 *
 * @param client the client
 * @param reason why the stream ended; empty for {@link Opened}
 */
public record ClientEvent(SseClient client, Optional<CloseReason> reason) {

  /** Qualifies the event of a client whose stream is open. */
  @Qualifier
  @Documented
  @Retention(RUNTIME)
  @Target({FIELD, PARAMETER, METHOD})
  public @interface Opened {
    /** The one instance. */
    Literal LITERAL = new Literal();

    /** Makes the qualifier. */
    final class Literal extends AnnotationLiteral<Opened> implements Opened {
      private static final long serialVersionUID = 1L;

      private Literal() {}
    }
  }

  /** Qualifies the event of a client whose stream has ended. */
  @Qualifier
  @Documented
  @Retention(RUNTIME)
  @Target({FIELD, PARAMETER, METHOD})
  public @interface Closed {
    /** The one instance. */
    Literal LITERAL = new Literal();

    /** Makes the qualifier. */
    final class Literal extends AnnotationLiteral<Closed> implements Closed {
      private static final long serialVersionUID = 1L;

      private Literal() {}
    }
  }
}
