package org.starcast;

import static java.lang.annotation.ElementType.FIELD;
import static java.lang.annotation.ElementType.METHOD;
import static java.lang.annotation.ElementType.PARAMETER;
import static java.lang.annotation.ElementType.TYPE;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import jakarta.enterprise.util.AnnotationLiteral;
import jakarta.enterprise.util.Nonbinding;
import jakarta.inject.Qualifier;
import java.lang.annotation.Documented;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.Target;
import java.util.Objects;

/**
 * Names the topic of a CDI event. An event fired with this qualifier reaches every browser whose
 * {@link Subscription} matches the topic, and every observer whose own {@code @Topic} matches it.
 *
 * <pre>{@code
 * @Inject @Topic("orders.created") Event<Order> created;
 * created.fire(order);                                              // a fixed topic
 *
 * @Inject @Any Event<Line> lines;
 * lines.select(Topic.Literal.of("chat." + room)).fire(line);        // a topic made at run time
 *
 * void count(@Observes @Topic("orders.*") Order order) { ... }      // observers may use patterns
 * }</pre>
 *
 * <p>On an injected {@code Event} the value is a topic; without one the event goes to every client.
 * On an observer the value is a pattern; without one the observer sees every topic. A malformed
 * topic or pattern fails with an {@link IllegalArgumentException} when the event is fired, or fails
 * the deployment when an observer declares it.
 *
 * <p>An event fired while a JTA transaction is active is encoded at once, and sent after the
 * transaction has committed, and not at all if it is rolled back; if sending fails then, there is a
 * {@link PublishResult.Failure}. {@code fireAsync} observers run on another thread, outside of the
 * caller's transaction (CDI 4.0, section 9.5): such an event is sent at once. (Weld runs the
 * asynchronous observers of one event one after the other, on one thread.)
 *
 * <p>Both members are non-binding (CDI 4.0, section 5.2.6): any number of distinct topics costs the
 * container one observer resolution.
 */
@Qualifier
@Documented
@Retention(RUNTIME)
@Target({FIELD, PARAMETER, METHOD, TYPE})
public @interface Topic {

  /** The pattern that matches every topic. */
  String ANY = "*";

  /** The topic of the event or the pattern of the observer; empty means all. */
  @Nonbinding
  String value() default "";

  /** Who sends the event, for subscriptions that filter by sender; empty means nobody named. */
  @Nonbinding
  String sender() default "";

  /** Makes {@link Topic} qualifiers at run time. */
  final class Literal extends AnnotationLiteral<Topic> implements Topic {

    private static final long serialVersionUID = 1L;

    private final String value;
    private final String sender;

    private Literal(String value, String sender) {
      this.value = Objects.requireNonNull(value, "topic");
      this.sender = Objects.requireNonNull(sender, "sender");
    }

    /** The qualifier {@code @Topic(value)}. */
    public static Literal of(String value) {
      return new Literal(value, "");
    }

    /** The qualifier {@code @Topic(value = value, sender = sender)}. */
    public static Literal of(String value, String sender) {
      return new Literal(value, sender);
    }

    @Override
    public String value() {
      return value;
    }

    @Override
    public String sender() {
      return sender;
    }
  }

  /**
   * Says on a payload type which topics it is published to, for the contract that {@code GET
   * starcast/contract} serves. Injected events and observers with {@link Topic} are in it without
   * this annotation; it adds what they do not say: topics that are made at run time or published to
   * by {@link SseBroadcaster}, the event's name, an example. It changes nothing of what is sent.
   *
   * <pre>{@code
   * @Topic.Contract(value = "chat.*", event = "line", example = "{\"name\":\"Ada\",\"text\":\"Hello\"}")
   * public record Line(String name, String text) {}
   * }</pre>
   *
   * <p>A malformed topic or pattern fails the deployment.
   */
  @Documented
  @Retention(RUNTIME)
  @Target(TYPE)
  @Repeatable(Contract.List.class)
  @interface Contract {

    /** The topic, or a pattern of those that it is published to. */
    String value();

    /** The name of the event; empty means the browser's default, {@code message}. */
    String event() default "";

    /**
     * The type of the data, where that is another than the annotated one: because of a {@link
     * PayloadEncoder}, or because the type that is sent cannot be annotated.
     */
    Class<?> payload() default void.class;

    /** An example of the data: JSON, or the text itself where the data is text. */
    String example() default "";

    /** What the message is for. */
    String description() default "";

    /** Holds several; written by the compiler. */
    @Documented
    @Retention(RUNTIME)
    @Target(TYPE)
    @interface List {

      /** The annotations. */
      Contract[] value();
    }
  }
}
