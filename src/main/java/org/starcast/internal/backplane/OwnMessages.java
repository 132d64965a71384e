package org.starcast.internal.backplane;

import io.nats.client.impl.Headers;
import java.math.BigInteger;
import java.security.SecureRandom;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.starcast.spi.OutgoingEvent;

/**
 * The ids of a node's messages, and what they were made of until they are received; of those that
 * are not for long, the latest within the bounds of the {@link NatsOutbox}, by which this is
 * guarded.
 */
final class OwnMessages {

  /** Unique among all publishers. */
  private final String node = new BigInteger(110, new SecureRandom()).toString(36);

  private final int maxEvents;
  private final long maxBytes;
  private final Map<Long, OutgoingEvent> envelopes = new LinkedHashMap<>();
  private long bytes;

  /** The numbers of those whose ids are idempotency keys. */
  private final Map<String, Long> keyed = new ConcurrentHashMap<>();

  OwnMessages(int maxEvents, long maxBytes) {
    this.maxEvents = maxEvents;
    this.maxBytes = maxBytes;
  }

  /** Gives a message its id: another one for each time that it was renewed. */
  void identify(OutboxEntry entry) {
    String id = entry.key == null ? node + "-" + Long.toString(entry.number, 36) : entry.key;
    entry.message.headers().put(NatsWire.MESSAGE_ID, id + ".".repeat(entry.renewals));
  }

  /**
   * The number of a message by its id, and of one that another node sent with the same key; else 0.
   * Needs no lock.
   */
  long numberOf(Headers headers) {
    String id = headers == null ? null : headers.getFirst(NatsWire.MESSAGE_ID);
    Long number = id == null ? null : keyed.get(NatsWire.keyOf(id));
    if (number != null) {
      return number;
    }
    if (id == null
        || id.length() <= node.length() + 1
        || id.charAt(node.length()) != '-'
        || !id.startsWith(node)) {
      return 0;
    }
    try {
      return Long.parseLong(id.substring(node.length() + 1).replace(".", ""), 36);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  void keep(long number, OutgoingEvent envelope) {
    envelopes.put(number, envelope);
    if (envelope.key() != null) {
      keyed.put(envelope.key(), number);
    }
    bytes += envelope.bytes().length;
    Iterator<Map.Entry<Long, OutgoingEvent>> eldest = envelopes.entrySet().iterator();
    while (envelopes.size() > maxEvents || bytes > 2 * maxBytes && envelopes.size() > 1) {
      Map.Entry<Long, OutgoingEvent> next = eldest.next();
      eldest.remove();
      forgotten(next.getKey(), next.getValue());
    }
  }

  /** What a message was made of; null if that is not known, or was asked for before. */
  OutgoingEvent forget(long number) {
    OutgoingEvent envelope = envelopes.remove(number);
    if (envelope != null) {
      forgotten(number, envelope);
    }
    return envelope;
  }

  private void forgotten(long number, OutgoingEvent envelope) {
    bytes -= envelope.bytes().length;
    if (envelope.key() != null) {
      keyed.remove(envelope.key(), number);
    }
  }
}
