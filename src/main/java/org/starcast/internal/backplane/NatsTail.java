package org.starcast.internal.backplane;

import io.nats.client.Connection;
import io.nats.client.Message;
import io.nats.client.impl.Headers;
import java.lang.System.Logger;
import java.util.List;
import org.starcast.spi.Backplane;
import org.starcast.spi.OutgoingEvent;
import org.starcast.spi.StoredEvent;

/**
 * How far this node has followed the stream, and the only caller of the {@link Backplane.Receiver}.
 * One consumer is followed at a time; what an earlier one still brings is ignored. Thread-safe.
 */
final class NatsTail {

  private static final Logger LOG = System.getLogger(NatsTail.class.getName());

  // headers of the broker's heartbeats
  private static final String LAST_DELIVERY = "Nats-Last-Consumer";
  private static final String STALLED = "Nats-Consumer-Stalled";

  private final NatsWire wire;
  private final NatsOutbox outbox;
  private final int maxBytes;
  private final Runnable broken;
  private final SkippedMessages skipped = new SkippedMessages(LOG);

  // all of these are guarded by this
  private Backplane.Receiver receiver;
  private Object followed;
  private long delivered;
  private String epoch;
  private long last;
  private long lastNanos;
  private long goal = -1;
  private Runnable whenThere;

  private volatile long heard;
  private volatile boolean busy;

  /**
   * Nothing yet.
   *
   * @param broken told when something is missing: the caller is to follow another consumer
   */
  NatsTail(NatsWire wire, NatsOutbox outbox, int maxBytes, Runnable broken) {
    this.wire = wire;
    this.outbox = outbox;
    this.maxBytes = maxBytes;
    this.broken = broken;
  }

  synchronized void start(Backplane.Receiver receiver) {
    this.receiver = receiver;
  }

  /** Another order begins; nothing is followed. */
  synchronized void begin(String epoch, long after, List<StoredEvent> states) {
    if (receiver == null) {
      return;
    }
    this.epoch = epoch;
    last = after;
    lastNanos = 0;
    outbox.begin();
    receiver.began(epoch, after, states);
  }

  /**
   * Runs this, and not what was given before, when all up to the sequence was received; by the
   * thread that does so.
   */
  synchronized void when(long sequence, Runnable there) {
    goal = sequence;
    whenThere = there;
    reached();
  }

  /** Whether something is to run that has not. */
  synchronized boolean isAwaited() {
    return whenThere != null;
  }

  private void reached() {
    if (whenThere != null && last >= goal) {
      Runnable there = whenThere;
      whenThere = null;
      there.run();
    }
  }

  /** Follows another consumer, which is the one that {@link #receive} is called with. */
  synchronized Object follow() {
    delivered = 0;
    heard = System.nanoTime();
    followed = new Object();
    return followed;
  }

  /** Follows none. */
  synchronized void pause() {
    followed = null;
  }

  /** Ends it: the receiver is not called any more. */
  synchronized void close() {
    followed = null;
    receiver = null;
  }

  /** What is not yet received, up to there, never will be. */
  synchronized void lost(long upTo) {
    if (receiver != null && upTo > last) {
      last = upTo;
      lastNanos = 0;
      receiver.missed(upTo);
      reached();
    }
  }

  /** As {@link #lost}, if the consumer has delivered nothing. */
  synchronized void lostUnlessDelivered(Object consumer, long upTo) {
    if (followed == consumer && delivered == 0) {
      lost(upTo);
    }
  }

  /** Nothing was heard of the consumer for so long, and nothing is being received. */
  boolean isSilent(long nanos) {
    return !busy && System.nanoTime() - heard > nanos;
  }

  synchronized String epoch() {
    return epoch;
  }

  /** The sequence of the last message that was received, or is lost. */
  synchronized long last() {
    return last;
  }

  /** When that was stored, in nanoseconds since 1970; 0 if that is not known. */
  synchronized long lastNanos() {
    return lastNanos;
  }

  /** A message of a consumer, or what the broker has to say of it. */
  void receive(Object consumer, Connection connection, Message message) {
    boolean complete = true;
    synchronized (this) {
      if (followed != consumer || receiver == null) {
        return;
      }
      busy = true;
      try {
        complete = message.isStatusMessage() ? status(connection, message) : deliver(message);
        if (!complete) {
          followed = null;
        }
      } finally {
        heard = System.nanoTime();
        busy = false;
      }
    }
    if (!complete) {
      broken.run();
    }
  }

  /** Answers flow control; returns whether nothing is missing. */
  private boolean status(Connection connection, Message message) {
    Headers headers = message.getHeaders();
    String stalled = headers == null ? null : headers.getFirst(STALLED);
    String asked = message.getReplyTo() == null ? stalled : message.getReplyTo();
    if (asked != null) {
      try {
        connection.publish(asked, null);
      } catch (IllegalStateException e) {
        return false;
      }
    }
    String sent = headers == null ? null : headers.getFirst(LAST_DELIVERY);
    return sent == null || sent.equals(Long.toString(delivered));
  }

  private boolean deliver(Message message) {
    NatsMetadata metadata = NatsMetadata.of(message.getReplyTo());
    if (metadata.delivery() != delivered + 1) {
      return false;
    }
    delivered++;
    long sequence = metadata.sequence();
    if (sequence <= last) {
      return true;
    }
    if (sequence > last + 1) {
      receiver.missed(sequence - 1);
    }
    last = sequence;
    lastNanos = metadata.nanos();
    try {
      NatsWire.checkHeaders(message.getHeaders());
      OutgoingEvent envelope = outbox.read(message.getHeaders(), sequence);
      String command = wire.commandOf(message.getSubject());
      if (command != null) {
        receiver.commanded(sequence, command, message.getData());
      } else {
        if (envelope == null) {
          envelope = envelope(message);
        }
        receiver.received(envelope.at(epoch, sequence, metadata.nanos() / 1_000_000), envelope);
      }
    } catch (IllegalArgumentException e) {
      skipped.add(sequence, e);
    }
    reached();
    return true;
  }

  /**
   * The event that a message is.
   *
   * @throws IllegalArgumentException if it is malformed
   */
  OutgoingEvent envelope(Message message) {
    return wire.envelope(message.getSubject(), message.getHeaders(), message.getData(), maxBytes);
  }

  /** How many messages were left out since the start. */
  long skipped() {
    return skipped.count();
  }
}
