package org.starcast.internal.engine;

import java.io.IOException;
import java.util.List;
import org.starcast.SseClient.CloseReason;
import org.starcast.SseStatistics.Metric;
import org.starcast.internal.logging.LogMessage;
import org.starcast.internal.writer.SinkWriter;

/**
 * The cycles of one drain thread: what is ready for a client is collected under the client's
 * monitor, and written without it, as one write. Used by that thread alone.
 */
final class ClientCycle {

  /** What a cycle does. */
  private enum Step {
    NOTHING,
    WRITE,
    READ_ON,
    RESUME,
    MAKE_RECOVERY,
    END,
    ABORT
  }

  private final WriteBatch batch;

  ClientCycle(WriteBatch batch) {
    this.batch = batch;
  }

  /**
   * Writes what is ready for a client.
   *
   * @return true if there is more, for a cycle at the list's tail
   */
  boolean run(Client client) {
    return run(client, null);
  }

  /**
   * A cycle.
   *
   * @param behindGap what the client gets behind a gap, if it is to be told of one and that has
   *     been made; else null
   */
  private boolean run(Client client, byte[] behindGap) {
    Step step;
    LogCursor reading;
    List<ClientQueue.Waiting> admitted;
    long missed;
    synchronized (client) {
      missed = client.queue.missed();
      step = begin(client, behindGap);
      reading = client.cursor;
      admitted = step == Step.WRITE || step == Step.READ_ON ? client.queue.admit() : List.of();
    }
    if (!admitted.isEmpty()) {
      client.complete(admitted, true);
    }
    switch (step) {
      case NOTHING -> {
        return client.leave(WriteStatus.IDLE);
      }
      case MAKE_RECOVERY -> {
        byte[] made = client.recovery().poll(client::wakeUp, missed);
        return made == null ? client.leave(WriteStatus.IDLE) : run(client, made);
      }
      case READ_ON -> {
        read(client, reading);
        if (reading.failed()) {
          lost(client);
          client.abortNow(CloseReason.BACKPLANE);
          return true;
        }
        return batch.frames > 0 ? write(client, false) : leaveReading(client, reading);
      }
      case WRITE -> {
        return write(client, false);
      }
      case RESUME -> {
        return write(client, true);
      }
      default -> {
        end(client, step == Step.END);
        return false;
      }
    }
  }

  /** What there is to do, with the bytes for it in the batch; with the monitor. */
  private Step begin(Client client, byte[] behindGap) {
    client.status(WriteStatus.SCHEDULED);
    if (client.lifecycle() == Lifecycle.CLOSED) {
      return Step.NOTHING;
    }
    if (client.lifecycle() == Lifecycle.ABORTING) {
      client.lifecycle(Lifecycle.CLOSED);
      return Step.ABORT;
    }
    if (client.queue.isInFlight()) {
      return Step.RESUME;
    }
    if (client.greeting == null && client.queue.missed() > 0 && behindGap == null) {
      return Step.MAKE_RECOVERY;
    }
    boolean all = collect(client, behindGap);
    if (client.cursor != null && client.cursor.isPast(client.readUntil())) {
      client.live();
    }
    if (all && client.cursor != null) {
      return Step.READ_ON;
    }
    if (batch.frames > 0) {
      return Step.WRITE;
    }
    if (client.lifecycle() != Lifecycle.DRAINING) {
      return Step.NOTHING;
    }
    client.lifecycle(Lifecycle.CLOSED);
    return Step.END;
  }

  /** Collects what is queued; true if that is all. */
  private boolean collect(Client client, byte[] behindGap) {
    batch.begin();
    if (client.greeting != null) {
      // not through the queue, where it would take a message's place, or be dropped as one
      batch.add(client.greeting, client.gzip());
      client.greeting = null;
      if (client.queue.missed() > 0) {
        return false;
      }
    }
    if (behindGap != null && client.queue.missed() > 0) {
      // what was dropped since that began to be made is another gap
      long told = Math.min(client.queue.missed(), client.recovery().covers());
      boolean all = told == client.queue.missed();
      Frame first = client.queue.peek();
      long next = first == null ? 0 : first.sequence();
      batch.add(
          client.engine().frames().gap(client.epoch(), next, all ? next - 1 : -1, told, behindGap),
          client.gzip());
      client.engine().statistics().increment(Metric.GAPS);
      client.queue.missedTold(told);
      if (!all) {
        return false;
      }
    }
    for (Frame frame = client.queue.peek(); frame != null; frame = client.queue.peek()) {
      if (!batch.add(frame, client.gzip())) {
        return false;
      }
      batch.count(frame);
      client.queue.remove();
    }
    return true;
  }

  /** Reads on in the log, without the monitor, for which publishers wait. */
  private void read(Client client, LogCursor reading) {
    SubscriptionTimeline.Reader judge;
    long until;
    synchronized (client) {
      judge = client.filter(reading.next());
      until = client.readUntil();
    }
    judge.forget(reading.next());
    reading.collect(batch, until, judge, client.engine(), client);
    client.engine().statistics().add(Metric.REPLAYED, reading.replayed());
    synchronized (client) {
      client.delivered(reading.offered());
      client.coalesced(reading.coalesced());
      batch.counted += reading.offered();
    }
    client.engine().order().goLiveIfNearEnd(client, reading, judge);
    synchronized (client) {
      client.forgetFilterIfLive();
    }
  }

  /** Nothing was read: it waits for something, or looked at events that are not for it. */
  private boolean leaveReading(Client client, LogCursor reading) {
    synchronized (client) {
      boolean waits = reading == client.cursor && reading.waits() && client.queue.isEmpty();
      return client.leave(waits ? WriteStatus.IDLE : WriteStatus.SCHEDULED);
    }
  }

  private boolean write(Client client, boolean resume) {
    Object span =
        resume || batch.spans.isEmpty()
            ? null
            : client.engine().tracing().delivering(client, batch.spans);
    boolean more;
    try {
      if (!resume) {
        batch.compress();
      }
      more = resume ? client.sink().resume() : client.sink().write(batch.bytes, 0, batch.length);
    } catch (IOException e) {
      lost(client);
      client.abortNow(CloseReason.CLIENT_GONE);
      return true;
    } catch (RuntimeException e) {
      lost(client);
      LogMessage.WRITE_FAILED.log(client.engine().log(), e);
      client.abortNow(CloseReason.ERROR);
      return true;
    } finally {
      if (span != null) {
        client.engine().tracing().delivered(span);
      }
    }
    long now = System.nanoTime();
    if (!resume) {
      client.wrote(batch.frames, now);
      client.engine().statistics().written(batch.frames, batch.counted, batch.length);
      batch.counted = 0;
      client.unflushed = batch.published;
    } else if (more) {
      client.wrote(0, now);
    }
    if (more && client.unflushed != 0) {
      client.engine().statistics().latencies.record(now - client.unflushed);
      client.unflushed = 0;
    }
    return more ? leaveWritten(client) : leaveBlocked(client, resume ? 0 : batch.length);
  }

  private boolean leaveWritten(Client client) {
    synchronized (client) {
      client.queue.flushed();
      boolean done =
          client.queue.isEmpty()
              && client.queue.missed() == 0
              && client.cursor == null
              && client.lifecycle() == Lifecycle.OPEN;
      return client.leave(done ? WriteStatus.IDLE : WriteStatus.SCHEDULED);
    }
  }

  /** The writer has these bytes, too, and takes no more for now. */
  private boolean leaveBlocked(Client client, int unsent) {
    boolean again;
    synchronized (client) {
      if (unsent > 0 && !client.lifecycle().isOver()) {
        client.queue.inFlight(unsent);
      }
      if (client.cursor != null) {
        client.cursor.release();
      }
      again = client.leave(WriteStatus.BLOCKED);
    }
    client.engine().memory().relieve();
    return again;
  }

  /** What the cycle had is not written. */
  void lost(Client client) {
    client.engine().statistics().add(Metric.DISCARDED, batch.counted);
    batch.counted = 0;
  }

  private void end(Client client, boolean clean) {
    try {
      SinkWriter writer = client.sink();
      if (writer == null) {
        // whoever opens the response finds out
        LogMessage.CLOSED_WHILE_OPENING.log(client.engine().log());
      } else if (clean) {
        writer.close();
      } else {
        writer.abort();
      }
    } catch (RuntimeException | Error e) {
      LogMessage.RESPONSE_NOT_ENDED.log(client.engine().log(), e);
    }
    CloseReason why;
    boolean wasOpen;
    List<ClientQueue.Waiting> refused;
    synchronized (client) {
      refused = client.queue.refuse();
      client.queue.flushed();
      client.account();
      why = client.reason();
      wasOpen = client.hasOpened();
    }
    client.complete(refused, false);
    client.engine().wheel().cancel(client);
    client.engine().clients().closed(client, why, wasOpen);
  }
}
