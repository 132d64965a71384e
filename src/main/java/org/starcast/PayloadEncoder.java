package org.starcast;

/**
 * Turns an application's payload into the message that clients get. A CDI bean that implements this
 * for a type is used for every event whose payload has that type or a subtype of it; of several,
 * the one for the most specific type. Payloads without an encoder are sent as JSON (JSON-B),
 * character sequences as they are.
 *
 * <pre>{@code
 * @ApplicationScoped
 * public class OrderEncoder implements PayloadEncoder<Order> {
 *   public SseMessage encode(Order order) {
 *     return SseMessage.builder().event("order").data(order.summary()).build();
 *   }
 * }
 * }</pre>
 *
 * <p>It is called once for each event, whatever the number of clients, on the publisher's thread,
 * and must be thread-safe.
 *
 * @param <T> the payload's type
 */
public interface PayloadEncoder<T> {

  /** Encodes one payload; what it throws reaches the publisher. */
  SseMessage encode(T payload);
}
