package org.starcast.internal.backplane;

import io.nats.client.JetStreamApiException;
import io.nats.client.api.MessageInfo;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.math.BigInteger;
import java.security.SecureRandom;
import java.time.ZonedDateTime;
import org.starcast.internal.logging.LogMessage;

/**
 * The identity of the stream that this node follows, which is the epoch of its sequences: when it
 * was made, and how often it was found to have lost its latest messages. Used by the managing
 * thread alone.
 */
final class StreamEpoch {

  private static final Logger LOG = System.getLogger(NatsBackplane.class.getName());

  private final NatsStream stream;
  private final String name;

  /** What is followed; null before the first one. */
  private NatsStream.StreamState followed;

  /** That of the next one to follow, where it is of this node alone; or null. */
  private String own;

  StreamEpoch(NatsStream stream, String name) {
    this.stream = stream;
    this.name = name;
  }

  /** Whether nothing was followed yet. */
  boolean isFirst() {
    return followed == null;
  }

  /** Whether it is the one that is followed. */
  boolean isFollowed(NatsStream.StreamState found) {
    return own == null && followed != null && followed.isSameOrder(found);
  }

  /** The epoch of a stream that is not followed yet. */
  String of(NatsStream.StreamState found) {
    if (own != null) {
      return own;
    }
    return found.generation() == 0
        ? found.created()
        : found.created() + Integer.toString(found.generation(), 36);
  }

  /** Follows another one. */
  void follow(NatsStream.StreamState found) {
    followed = found;
    own = null;
  }

  /**
   * The stream as it was found, with a new generation if it has lost messages that this node had
   * received, which tells the other nodes. Where this node may not change the stream, it begins an
   * epoch of its own.
   */
  NatsStream.StreamState reconcile(NatsSession session, NatsStream.StreamState found, NatsTail tail)
      throws IOException, JetStreamApiException {
    if (followed == null
        || !followed.created().equals(found.created())
        || found.generation() > followed.generation()
        || found.generation() == followed.generation() && !isRolledBack(session, found, tail)) {
      return found;
    }
    try {
      return stream.raiseGeneration(session.broker(), found, followed.generation());
    } catch (JetStreamApiException | IOException e) {
      if (!session.isConnected()) {
        throw e;
      }
      LogMessage.EPOCH_OF_ITS_OWN.log(LOG, Level.ERROR, e, name);
      own = found.created() + new BigInteger(50, new SecureRandom()).toString(36);
      return found;
    }
  }

  /** Whether the last message that was received is not there any more, or is another one. */
  private boolean isRolledBack(NatsSession session, NatsStream.StreamState found, NatsTail tail)
      throws IOException, JetStreamApiException {
    long last = tail.last();
    long nanos = tail.lastNanos();
    if (found.last() < last) {
      return true;
    }
    if (nanos == 0 || found.first() > last) {
      return false;
    }
    try {
      MessageInfo there = session.message(name, last);
      ZonedDateTime time = there == null ? null : there.getTime();
      return time != null && NatsStream.nanos(time) != nanos;
    } catch (IllegalArgumentException e) {
      // it was left out for that
      return false;
    }
  }
}
