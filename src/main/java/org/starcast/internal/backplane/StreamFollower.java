package org.starcast.internal.backplane;

import io.nats.client.JetStreamApiException;
import io.nats.client.Subscription;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.api.DeliverPolicy;
import io.nats.client.api.ServerInfo;
import java.io.IOException;
import java.lang.System.Logger;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.starcast.internal.logging.LogMessage;
import org.starcast.spi.StoredEvent;

/**
 * Follows the stream with one ephemeral consumer, which is made anew behind the last message that
 * was received whenever something is missing: a delivery, a heartbeat, the connection. Before that
 * it looks at the stream, so that one that was made anew, or that lost its latest messages, is
 * never taken for the one that was followed: another epoch begins. Used by the managing thread
 * alone, but for {@link #state}.
 */
final class StreamFollower {

  private static final Logger LOG = System.getLogger(NatsBackplane.class.getName());

  private static final Duration HEARTBEAT = Duration.ofSeconds(2);
  private static final long SILENCE_NANOS = HEARTBEAT.toNanos() * 3;
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** From this version on a stream of several copies survives the loss of the one that leads. */
  private static final String SAFE_COPIES = "2.10.0";

  private final NatsStream stream;
  private final String name;
  private final int kept;
  private final NatsTail tail;
  private final StreamReader reader;
  private final StreamEpoch epoch;
  private final NatsLog log;

  private volatile NatsStream.StreamState state;

  /** What is followed. */
  private Subscription following;

  private long looked;

  /** Where this node was when the last look found that there is more; -1 if there was not. */
  private long behindAt;

  /**
   * Follows nothing yet.
   *
   * @param kept how many of the latest events a node that starts gets
   */
  StreamFollower(
      NatsStream stream, String name, int kept, NatsTail tail, StreamReader reader, NatsLog log) {
    this.stream = stream;
    this.name = name;
    this.kept = kept;
    this.tail = tail;
    this.reader = reader;
    this.epoch = new StreamEpoch(stream, name);
    this.log = log;
  }

  /** The stream as it was last seen; null before that. */
  NatsStream.StreamState state() {
    return state;
  }

  /**
   * The stream was looked at by another thread: what it has dropped by then can be read no more.
   */
  synchronized void seen(NatsStream.StreamState now) {
    NatsStream.StreamState before = state;
    if (before != null && now.isSameOrder(before) && now.first() > before.first()) {
      state(now);
    }
  }

  private synchronized void state(NatsStream.StreamState now) {
    state = now;
  }

  /**
   * Checks the stream, and follows it from where this node is.
   *
   * @return the sequence of the last message that is there
   */
  long open(NatsSession session) throws IOException, JetStreamApiException, InterruptedException {
    tail.pause();
    // what the broker refused a moment ago
    Thread.sleep(epoch.isFirst() ? 0 : ThreadLocalRandom.current().nextInt(20, 100));
    NatsStream.StreamState found;
    do {
      found = epoch.reconcile(session, stream.open(session.broker()), tail);
      if (epoch.isFollowed(found)) {
        tail.lost(found.first() - 1);
      } else {
        begin(session, found);
      }
    } while (!follow(session, found));
    looked = System.nanoTime();
    behindAt = -1;
    return found.last();
  }

  private void begin(NatsSession session, NatsStream.StreamState found)
      throws IOException, JetStreamApiException, InterruptedException {
    boolean first = epoch.isFirst();
    long from =
        found.messages() == 0 ? found.last() + 1 : Math.max(found.first(), found.last() - kept + 1);
    String begins = epoch.of(found);
    List<StoredEvent> states = reader.states(session, begins, from - 1);
    if (!first) {
      LogMessage.EPOCH_OF_STREAM.log(LOG, name, begins);
    }
    ServerInfo server = session.connection().getServerInfo();
    if (found.configuration().getReplicas() > 1 && server.isOlderThanVersion(SAFE_COPIES)) {
      log.log(LogMessage.BROKER_OLD, server.getVersion(), name, SAFE_COPIES);
    }
    epoch.follow(found);
    tail.begin(begins, from - 1, states);
  }

  /** Follows the stream; false if it has become another meanwhile. */
  private boolean follow(NatsSession session, NatsStream.StreamState found)
      throws IOException, JetStreamApiException {
    String inbox = session.connection().createInbox();
    Object consumer = tail.follow();
    Subscription subscription =
        session
            .consumers()
            .subscribe(inbox, message -> tail.receive(consumer, session.connection(), message));
    boolean complete = false;
    try {
      ConsumerInfo made =
          session
              .broker()
              .createConsumer(
                  name,
                  NatsReader.consumer()
                      .deliverSubject(inbox)
                      .deliverPolicy(DeliverPolicy.ByStartSequence)
                      .startSequence(tail.last() + 1)
                      .flowControl(HEARTBEAT)
                      .build());
      NatsStream.StreamState after = stream.look(session.broker());
      complete = after.isSameOrder(found) && after.last() >= found.last();
      if (complete) {
        if (made.getNumPending() == 0 && made.getDelivered().getConsumerSequence() == 0) {
          // all that was there is gone
          tail.lostUnlessDelivered(consumer, found.last());
        }
        state(after);
        unfollow(session);
        following = subscription;
      }
      return complete;
    } finally {
      if (!complete) {
        tail.pause();
        if (session.isConnected()) {
          session.consumers().unsubscribe(subscription);
        }
      }
    }
  }

  /** Ends what was followed before; the broker forgets its consumer soon. */
  private void unfollow(NatsSession session) {
    if (following != null && following.getDispatcher() == session.consumers()) {
      session.consumers().unsubscribe(following);
    }
  }

  /**
   * Whether all comes, as far as can be seen; else the stream is to be {@linkplain #open opened}
   * once more. Looks at the stream every 5 s, and when nothing was heard of the consumer for 6 s.
   */
  boolean isFollowing(NatsSession session) throws IOException, JetStreamApiException {
    boolean silent = tail.isSilent(SILENCE_NANOS);
    if (!silent && System.nanoTime() - looked <= LOOK_NANOS) {
      return true;
    }
    looked = System.nanoTime();
    // shows whether it is the consumer or the connection
    NatsStream.StreamState now = stream.look(session.broker());
    long last = tail.last();
    boolean behind = now.last() > last;
    if (silent
        || !now.isSameOrder(state)
        || now.last() < last
        // the consumer brings nothing though there is something, or was
        || behind && behindAt == last) {
      return false;
    }
    behindAt = behind ? last : -1;
    state = now;
    return true;
  }

  /** The sequence of the last message that the stream has now. */
  long last(NatsSession session) throws IOException, JetStreamApiException {
    return stream.look(session.broker()).last();
  }

  /** The connection is lost. */
  void leave() {
    tail.pause();
    following = null;
  }
}
