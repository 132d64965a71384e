package org.starcast.spi;

import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadFactory;
import org.starcast.SseStatistics.BackplaneStatus;

/**
 * Gives the events of an application their order, and hands them to this node in that order: the
 * same one on every node that shares the backplane. What a node does with them (matching, queues,
 * replay of the latest ones) is its own.
 *
 * <p>Each stored event has a sequence, which rises, and may leave some out. All sequences are of
 * one epoch; an order that begins anew, as the old one is lost, has another. So {@code
 * <epoch>-<sequence>} names an event on every node, and a client resumes on any of them.
 *
 * <p>An application with a bean of this type has that for its backplane. Implementations are
 * thread-safe, and none of the methods but {@link #start} and {@link #close} waits for anything.
 */
public interface Backplane {

  /**
   * The node that follows the order. It is called by one thread at a time, and by none before
   * {@link #start} or after {@link #close}. It does not throw, but where that is said.
   */
  interface Receiver {

    /**
     * The order begins; or another one begins in its place, and nothing that was received before
     * can be asked for any more.
     *
     * @param epoch 1 to 24 characters of {@code a-z 0-9}
     * @param after the sequence before the first event that will be received
     * @param states the latest events of topics that are to be retained, up to there, by rising
     *     sequence
     */
    void began(String epoch, long after, List<? extends StoredEvent> states);

    /**
     * The next event.
     *
     * @param envelope what the event was {@linkplain OutgoingEvent#at made} of: the very one that
     *     was appended, where that was on this node and is known; null for an event of before the
     *     start where nothing else than the event is known
     */
    void received(StoredEvent event, OutgoingEvent envelope);

    /** All events up to this sequence that were not received are lost. */
    void missed(long upTo);

    /**
     * The next command, in the same order as events.
     *
     * @param sequence its own in that order, on every node the same; of a backplane that is not
     *     shared, that of the event before
     * @param body shared, not to be changed
     * @throws IllegalArgumentException if it is malformed, or could not be carried out: to be
     *     {@linkplain BackplaneStatus#skipped counted} and logged, and then gone on from
     */
    void commanded(long sequence, String type, byte[] body);

    /** The latest events of the topics to retain, for an implementation that stores them. */
    List<? extends StoredEvent> states();
  }

  /**
   * A backplane that is in the application's own database: what a transaction of Jakarta
   * Transactions publishes is stored with it, or not at all.
   */
  interface Transactional extends Backplane {

    /**
     * Stores events in the transaction of the calling thread, which is about to commit. They get
     * their places after that, in the order of the list. Waits for the database.
     *
     * @throws BackplaneException if they cannot be stored, so that the transaction must not commit
     * @throws IllegalArgumentException if one is out of bounds, before any is stored
     */
    void appendInTransaction(List<OutgoingEvent> envelopes);

    /**
     * A transaction with such events has committed, or may have: they are to be handed over soon.
     * Without this call, they come a little later.
     */
    void committed();
  }

  /**
   * Begins to hand over what is stored: about as many of the latest events as a node keeps, and
   * then all that come. Called once. May wait a moment for what is near, such as a disk.
   *
   * @param threads makes threads that live as long as the application
   * @return done when the node has got all that was stored by now; not before, so for an
   *     implementation that has to reach somebody this may take as long as it takes. It fails with
   *     an {@link IllegalArgumentException}, whose message begins with the key, if it can never
   *     work as it is configured
   */
  CompletionStage<Void> start(Receiver receiver, ThreadFactory threads);

  /**
   * Stores an event behind all that are stored. Where it has a {@linkplain OutgoingEvent#key key},
   * a shared backplane does so unless it has stored one with that key: within 30 s at least, and
   * whichever node that was. A receiver is given the key with the event.
   *
   * @return the event's sequence when it is stored, by when this node need not have received it, or
   *     of the event with the same key that was stored before; fails with a {@link
   *     BackplaneException} if it is not, or may not be
   */
  CompletionStage<Long> append(OutgoingEvent envelope);

  /**
   * Sends something to all nodes, this one included, in the order of events.
   *
   * @param type 1 to 64 characters of {@code a-z -}
   * @return done when it is certain to come; fails as {@link #append}
   * @throws IllegalArgumentException if the type is none
   */
  CompletionStage<Void> command(String type, byte[] body);

  /** Whether other nodes may share it. */
  boolean isShared();

  /**
   * Reads stored events that a node does not keep any more, by rising sequence: a few, or one at
   * least if there is one, of the current epoch. What is missing between them is lost.
   *
   * @param from the first sequence
   * @param to the last
   * @return fails with a {@link BackplaneException} if they cannot be read now
   */
  CompletionStage<List<StoredEvent>> read(long from, long to);

  /**
   * The sequence of the oldest event that can be read, as far as is known now; {@link
   * Long#MAX_VALUE} if none can.
   */
  long oldest();

  /** How it stands. */
  BackplaneStatus status();

  /**
   * Nothing is appended any more: gives what was appended a moment to be stored, and ends the
   * threads.
   */
  void close();
}
