package org.starcast;

import jakarta.ws.rs.sse.SseEventSink;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.starcast.SseStatistics.Health;
import org.starcast.SseStatistics.TopicCount;

/**
 * The registry of clients, and the way to publish to them. Inject it anywhere; thread-safe.
 *
 * <pre>{@code
 * @GET
 * @Path("orders")
 * @Produces(MediaType.SERVER_SENT_EVENTS)
 * public void orders(@Context SseEventSink sink) {
 *   broadcaster.register(sink, Subscription.to("orders.*").mute("orders.debug"));
 * }
 * }</pre>
 *
 * <p>Events come from CDI ({@link Topic}) or from {@link #publish}. No method waits for a client:
 * publishing appends to bounded queues and returns, and what a client fails at closes that client
 * alone. All clients get all published events that they match in the same order.
 *
 * <p>The bean is application scoped. A test may put its own in the place of it, as an
 * {@code @Alternative}.
 *
 * @see Subscription
 * @see SseClient
 * @see ClientEvent
 */
public interface SseBroadcaster {

  /**
   * Takes over a sink: call it in the resource method that JAX-RS injected the sink into, on its
   * thread, and leave the sink alone from then on. The response is opened at once. A client that
   * comes back goes on where its {@code Last-Event-ID} header, or else the query parameter {@code
   * lastEventId}, says; see {@link Subscription#resumeFrom}.
   *
   * <p>With {@code starcast.presence.enabled}, a client that has topics, but neither a {@linkplain
   * Subscription#user(String) user} nor an authenticated caller, is sent an event {@code
   * starcast-client}, <code>{"id":…,"resume":…}</code>. Given back as the query parameter {@code
   * resume}, that token makes a later client the same user; one that is not valid is ignored. It
   * holds until the application ends.
   *
   * <p>Who may hear what is asked now, when the client subscribes to more, and for each event that
   * is replayed to it, see {@link Subscription#guarded()}. Where the caller is known by a
   * MicroProfile JWT, the stream ends when that expires.
   *
   * <p>HEAD is answered by the head of the stream's response and has no client: the method is then
   * left by a {@code WebApplicationException}. Should the resource method fail after this, its
   * stream ends. So it does if the method closes the sink, unless that is closed when this returns,
   * as with Jersey.
   *
   * @return the client, through which its stream can be changed, written to and closed
   * @throws RefusedException if a limit is reached, the application is stopping, or the caller may
   *     not hear what it asks for; it answers the request by 429, 503, 401 or 403
   * @throws IllegalArgumentException if the subscription has more patterns than {@code
   *     starcast.max-patterns-per-client}, or with presence more topics than {@code
   *     starcast.presence.max-topics-per-client}, or its client id is in use
   * @throws IllegalStateException if the resource method does not produce an event stream, or a
   *     filter before it has no asynchronous support, or encodes the response in its own way
   * @throws UncheckedIOException if the response cannot be opened
   */
  SseClient register(SseEventSink sink, Subscription subscription);

  /**
   * Publishes to the clients whose subscription matches, or to all if the message has no topic; at
   * once, also in a JTA transaction, whatever becomes of that.
   *
   * <pre>{@code
   * broadcaster.publish(SseMessage.builder().topic("chat.lobby").data(line).except(client.id()));
   * }</pre>
   *
   * @return what became of it
   * @throws IllegalArgumentException if the message is larger than {@code
   *     starcast.message.max-bytes}, or its data cannot be turned into JSON
   */
  PublishResult publish(MessageSource message);

  /**
   * Publishes a payload to a topic, as firing it with {@link Topic} does outside of a transaction;
   * see {@link PayloadEncoder} for what payloads become.
   *
   * @throws IllegalArgumentException as {@link #publish(MessageSource)}, or if the topic is
   *     malformed
   */
  PublishResult publish(String topic, Object payload);

  /**
   * Sends to one client, behind what already waits for it. Where nodes share a backplane, to a
   * client of any of them.
   *
   * @return false if the client is unknown, or did not take it, see {@link SseClient#send}; true if
   *     it did, or if the message is on its way to the other nodes, one of which may have the
   *     client. If it turns out later that it does not reach them, a {@link PublishResult.Failure}
   *     says so
   * @throws org.starcast.spi.BackplaneException if it is not on its way, as the broker is away, say
   */
  boolean send(String clientId, MessageSource message);

  /**
   * Sends to all clients of a {@linkplain SseClient#user() user}, behind what already waits for
   * them; those of other nodes that share the backplane included. Takes time in proportion to all
   * clients there are: what is sent to users all the time is better published on a topic of each
   * user's own.
   *
   * @return how many took it, of this node. If it turns out later that it does not reach the
   *     others, a {@link PublishResult.Failure} says so
   * @throws org.starcast.spi.BackplaneException if it is not on its way to the other nodes, as the
   *     broker is away, say; this node's clients have it
   */
  int sendToUser(String user, MessageSource message);

  /**
   * Closes the clients of an authenticated caller, or of a {@linkplain Subscription#user(String)
   * user} that the application named, at once: what still waits for them is not written. A browser
   * comes back by itself, and is then asked anew who it is and what it may hear; so first take away
   * the permission, then revoke. The other nodes that share the backplane do the same as soon as
   * they learn of it, see {@link RevokeResult#everywhere}.
   *
   * @return what this node did, and when the others are certain to
   */
  RevokeResult revoke(String principal);

  /**
   * Closes the clients that could hear a topic which matches, as {@link #revoke}.
   *
   * @return as {@link #revoke}
   * @throws IllegalArgumentException if the pattern is malformed
   */
  RevokeResult revokeTopic(String pattern);

  /** The client with this id, if its stream is not closed. */
  Optional<SseClient> client(String clientId);

  /** All clients, as of now. */
  List<SseClient> clients();

  /** The clients of this {@linkplain Subscription#type(String) type}. */
  default List<SseClient> clients(String type) {
    return clients().stream().filter(client -> client.type().equals(type)).toList();
  }

  /** The clients that a message on this topic would reach, whoever sends it. */
  List<SseClient> clientsOn(String topic);

  /** How many clients there are. */
  int count();

  /** What happened so far, and how it stands. */
  SseStatistics statistics();

  /** Whether clients are taken, and whether the threads that write to them go on. */
  Health health();

  /**
   * The topics with the most events since the start, most first, as far as is known: a topic comes
   * to notice when it is among the busier ones, and its counts begin then. At most 512 are known.
   *
   * @param limit the most topics
   * @throws IllegalArgumentException if the limit is negative
   */
  List<TopicCount> busiestTopics(int limit);

  /**
   * The latest events, oldest first, as far as the log goes; each with the id that it has on the
   * wire, and its data as text.
   *
   * @param limit the most events; 0 gives none
   * @throws IllegalArgumentException if the limit is negative
   */
  List<SseMessage> history(int limit);

  /**
   * The latest events that have a topic which matches, as {@link #history(int)}.
   *
   * @throws IllegalArgumentException if the pattern is malformed or the limit negative
   */
  List<SseMessage> history(String pattern, int limit);

  /**
   * The id of the last published event, {@code <epoch>-<sequence>}. Put into a page that shows the
   * state of now, as {@code lastEventId} of the stream that it opens, it closes the gap between the
   * two: what is published after this call is in the stream.
   */
  String lastEventId();

  /**
   * Sends all clients away, evenly spread over the window, each with a jittered {@code retry:}; new
   * ones are refused with 503 from now on, for good. Also done when the application stops, over
   * {@code starcast.drain-window}.
   *
   * @return done when the last client is gone
   */
  CompletionStage<Void> drain(Duration window);

  /**
   * As {@link #drain(Duration)}, after a message to all and time for the streams to end by
   * themselves.
   *
   * @param farewell what all clients get first
   * @param grace how long after it the first stream is ended
   */
  CompletionStage<Void> drain(Duration window, MessageSource farewell, Duration grace);

  /**
   * What became of a revocation.
   *
   * @param closed how many clients of this node were open
   * @param everywhere done when all nodes that share the backplane are certain to do the same; done
   *     already where there is one node only. While the broker cannot take it, it is sent again
   *     every few seconds. Fails with a {@link org.starcast.spi.BackplaneException} if this node
   *     ends before it was stored, or 10,000 others wait; that is logged as an error, too
   */
  record RevokeResult(int closed, CompletionStage<Void> everywhere) {}
}
