package org.starcast;

import static java.lang.annotation.ElementType.TYPE;
import static java.lang.annotation.RetentionPolicy.RUNTIME;

import java.lang.annotation.Documented;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.Target;

/**
 * Says on a payload type which topics it is published to, for the contract that {@code GET
 * starcast/contract} serves. Injected events and observers with {@link Topic} are in it without
 * this annotation; it adds what they do not say: topics that are made at run time or published to
 * by {@link SseBroadcaster}, the event's name, an example. It changes nothing of what is sent.
 *
 * <pre>{@code
 * @TopicContract(value = "chat.*", event = "line", example = "{\"name\":\"Ada\",\"text\":\"Hello\"}")
 * public record Line(String name, String text) {}
 * }</pre>
 *
 * <p>A malformed topic or pattern fails the deployment.
 */
@Documented
@Retention(RUNTIME)
@Target(TYPE)
@Repeatable(TopicContract.List.class)
public @interface TopicContract {

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
    TopicContract[] value();
  }
}
