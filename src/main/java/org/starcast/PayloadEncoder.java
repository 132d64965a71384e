package org.starcast;

/**
 * Turns an application's payload into the message that clients get. A CDI bean that implements this
 * for a type is used for every event whose payload has that type or a subtype of it; of several,
 * the one for the most specific type; wherever the payload comes in, be it fired, published, sent
 * to one client, streamed, or the data of a message. Payloads without an encoder are sent as JSON
 * (JSON-B); character sequences and {@link org.starcast.datastar.Html} as they are.
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
 * and must be thread-safe. It may leave JSON to Starcast: data of what it returns is not encoded
 * again.
 *
 * @param <T> the payload's type
 */
public interface PayloadEncoder<T> {

  /** Encodes one payload; what it throws reaches the publisher. */
  SseMessage encode(T payload);
}
