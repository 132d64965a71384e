package org.starcast.internal.engine;

import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;
import org.starcast.PublishResult;
import org.starcast.internal.backplane.EncodedEvent;
import org.starcast.internal.wire.FrameTemplate;
import org.starcast.spi.StoredEvent;

/**
 * An event on its way to the clients of this node: its frame is appended to queue after queue, and
 * what becomes of it is counted.
 *
 * <p>In blocks: each client is looked at when it comes and locked when the block is full. What
 * clients consist of lies all over the heap, and the processor fetches it for many at once while it
 * reads, but for one at a time behind a lock.
 *
 * <p>Used by one thread, that which delivers; others may ask {@link #isDone} and, if so, for the
 * {@link #result}.
 */
final class Delivery extends EncodedEvent implements Consumer<Client> {

  private final long begun;
  private final Object context;
  private final ReadyBatch due;
  private final Client[] block = new Client[32];
  private int inBlock;

  /** Keeps what is fetched from being optimized away. */
  private long fetched;

  private Frame frame;
  private int matched;
  private int held;
  private int queued;
  private int dropped;
  private int closed;
  private boolean newTopic;
  private volatile boolean done;

  /**
   * Of an event that has no position yet.
   *
   * @param draft its frame; or null for one that comes with its position
   * @param begun when it was published, by the clock of {@link System#nanoTime}
   * @param context its trace, or null
   */
  Delivery(
      List<String> topics,
      String sender,
      Collection<String> except,
      String coalesceKey,
      FrameTemplate draft,
      WriterLoop[] loops,
      long begun,
      Object context) {
    super(topics, sender, except, coalesceKey, draft);
    this.due = new ReadyBatch(loops);
    this.begun = begun;
    this.context = context;
  }

  /** Has its position: from now on clients can be offered it. */
  Frame frame(StoredEvent placed, MemoryGovernor memory) {
    frame = new Frame(placed, coalesceKey(), begun, context, memory);
    return frame;
  }

  @Override
  public void accept(Client client) {
    fetched += client.prefetch();
    block[inBlock++] = client;
    if (inBlock == block.length) {
      flush();
    }
  }

  /** Offers it to those that have been accepted. */
  void flush() {
    for (int i = 0; i < inBlock; i++) {
      offer(block[i]);
    }
    inBlock = 0;
  }

  private void offer(Client client) {
    if (!except().isEmpty() && except().contains(client.id())) {
      return;
    }
    switch (client.offer(frame, due)) {
      case QUEUED -> {
        held++;
        queued++;
      }
      case REPLACED -> {
        held++;
        queued++;
        dropped++;
      }
      case LOGGED -> queued++;
      case OVERFLOWED -> closed++;
      case GONE -> {
        return;
      }
    }
    matched++;
  }

  /** Wakes the drain threads whose clients have become ready, without which they never write. */
  void wake() {
    due.close();
  }

  /**
   * All that it was for have been offered it: counts what nobody holds as free.
   *
   * @param newTopic whether it has a topic that was not published to before, as far as is known
   */
  void finish(boolean newTopic) {
    this.newTopic = newTopic;
    frame.heldBy(held);
    done = true;
  }

  /** Whether all clients of this node have been offered it. */
  boolean isDone() {
    return done;
  }

  /** Whether nobody is subscribed to a topic of it that is new. */
  boolean isUnheard() {
    return newTopic && matched == 0 && except().isEmpty();
  }

  /** How many clients it was for. */
  int matched() {
    return matched;
  }

  /** What became of it. */
  PublishResult result(String epoch) {
    return new PublishResult(
        epoch + "-" + frame.sequence(), frame.sequence(), matched, queued, dropped, closed);
  }
}
