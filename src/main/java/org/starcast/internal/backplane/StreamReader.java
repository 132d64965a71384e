package org.starcast.internal.backplane;

import io.nats.client.JetStreamApiException;
import io.nats.client.Message;
import io.nats.client.api.DeliverPolicy;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.log.TopicLogs;
import org.starcast.internal.log.TopicRules;
import org.starcast.internal.topic.CompiledPattern;
import org.starcast.spi.BackplaneException;
import org.starcast.spi.StoredEvent;

/** Reads events that the stream has. Its methods wait for the broker. Thread-safe. */
final class StreamReader {

  private static final int READ_EVENTS = 256;
  private static final int READ_BYTES = 256 << 10;

  private final StarcastConfig config;
  private final NatsStream stream;
  private final String name;
  private final NatsWire wire;
  private final NatsTail tail;
  private final TopicRules rules;

  StreamReader(StarcastConfig config, NatsStream stream, NatsWire wire, NatsTail tail) {
    this.config = config;
    this.stream = stream;
    this.name = config.backplane().nats().stream();
    this.wire = wire;
    this.tail = tail;
    this.rules = new TopicRules(config);
  }

  /** Whether the latest event of a topic is retained. */
  boolean isRetained(String topic) {
    return rules.isRetained(topic);
  }

  /**
   * Reads a range: a few events, or one at least if there is one.
   *
   * @param known the stream as it was last seen
   * @param seen takes the stream as it is when that has been read: it may have dropped some of it
   * @throws BackplaneException if it has become another meanwhile
   */
  List<StoredEvent> read(
      NatsSession session,
      NatsStream.StreamState known,
      long from,
      long to,
      Consumer<NatsStream.StreamState> seen)
      throws IOException, JetStreamApiException, InterruptedException {
    String epoch = tail.epoch();
    List<StoredEvent> events = new ArrayList<>();
    long[] bytes = new long[1];
    long there = Math.max(known.last(), tail.last());
    if (there < to) {
      // another node may have received what this one has not
      there = Math.max(there, stream.look(session.broker()).last());
    }
    long last = Math.min(to, there);
    if (from <= last) {
      reader(session)
          .read(
              NatsReader.consumer()
                  .deliverPolicy(DeliverPolicy.ByStartSequence)
                  .startSequence(Math.max(1, from))
                  .build(),
              message -> {
                long sequence = NatsMetadata.of(message.getReplyTo()).sequence();
                StoredEvent event = sequence > last ? null : event(message, epoch);
                if (event != null) {
                  events.add(event);
                  bytes[0] += event.length();
                }
                return sequence < last && events.size() < READ_EVENTS && bytes[0] < READ_BYTES;
              });
    }
    NatsStream.StreamState after = stream.look(session.broker());
    if (!after.isSameOrder(known) || !epoch.equals(tail.epoch())) {
      throw new BackplaneException("the stream cannot be read now: it is another", false, null);
    }
    seen.accept(after);
    return events;
  }

  /**
   * The latest events of the topics to retain, up to a sequence, by rising sequence. They are asked
   * for by subject: an event of several topics is found by that one alone which is in its subject.
   */
  List<StoredEvent> states(NatsSession session, String epoch, long upTo)
      throws IOException, JetStreamApiException, InterruptedException {
    if (upTo < 1) {
      return List.of();
    }
    List<StoredEvent> kept = List.of();
    for (CompiledPattern pattern : rules.retained()) {
      List<StoredEvent> found = new ArrayList<>(kept);
      reader(session)
          .read(
              NatsReader.consumer()
                  .deliverPolicy(DeliverPolicy.LastPerSubject)
                  .filterSubject(wire.filter(pattern.toString()))
                  .build(),
              message -> {
                StoredEvent event = event(message, epoch);
                if (event != null && event.sequence() <= upTo) {
                  found.add(event);
                }
                return true;
              });
      // in order, each once, and no more than are kept
      TopicLogs<StoredEvent> latest = new TopicLogs<>(rules, 0, config);
      found.sort(Comparator.comparingLong(StoredEvent::sequence));
      found.forEach(latest::append);
      kept = latest.states();
    }
    return kept;
  }

  private NatsReader reader(NatsSession session) {
    return new NatsReader(session.connection(), session.broker(), name);
  }

  /** The event that a message is; null for a command, and for what is malformed. */
  private StoredEvent event(Message message, String epoch) {
    try {
      if (wire.commandOf(message.getSubject()) != null) {
        return null;
      }
      NatsMetadata metadata = NatsMetadata.of(message.getReplyTo());
      return tail.envelope(message).at(epoch, metadata.sequence(), metadata.nanos() / 1_000_000);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
