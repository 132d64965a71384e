package org.starcast.internal.durable;

import jakarta.json.JsonObjectBuilder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;
import org.starcast.SseMessage;
import org.starcast.internal.durable.DurableStream.Slice;
import org.starcast.internal.json.Json;

/**
 * A stream as events, at the pace of one client: {@code data}, and behind each a {@code control},
 * which says where that was; to the end, if there is one. Used once.
 */
public final class LiveReader implements Flow.Publisher<SseMessage>, Flow.Subscription {

  private final DurableStream stream;
  private final int most;
  private final Runnable more = this::give;
  private final AtomicLong requested = new AtomicLong();

  /** How many threads have asked for {@link #give}, which one of them does. */
  private final AtomicLong turns = new AtomicLong();

  private Flow.Subscriber<? super SseMessage> subscriber;
  private volatile boolean ended;

  // by who has the turn

  private Offset at;
  private String cursor;
  private boolean isControlDue;
  private boolean hasBegun;

  /**
   * From a place on.
   *
   * @param cursor the client's, or null
   * @param most how many bytes an event has at most; those of one append in any case
   */
  public LiveReader(DurableStream stream, Offset from, String cursor, int most) {
    this.stream = stream;
    this.at = from;
    this.cursor = cursor;
    this.most = most;
  }

  @Override
  public void subscribe(Flow.Subscriber<? super SseMessage> subscriber) {
    this.subscriber = subscriber;
    subscriber.onSubscribe(this);
  }

  @Override
  public void request(long n) {
    requested.addAndGet(n);
    give();
  }

  @Override
  public void cancel() {
    ended = true;
    stream.cancel(more);
  }

  private void give() {
    if (turns.getAndIncrement() > 0) {
      return;
    }
    long seen = 1;
    while (seen > 0) {
      while (!ended && requested.get() > 0 && giveNext()) {
        requested.decrementAndGet();
      }
      seen = turns.addAndGet(-seen);
    }
  }

  /** Gives an event; false if there is none now, in which case {@link #more} is called later. */
  private boolean giveNext() {
    Slice slice = stream.read(at, isControlDue ? 0 : most);
    while (!stream.isDeleted()
        && hasBegun
        && !isControlDue
        && slice.isEmpty()
        && !slice.isClosed()) {
      if (stream.await(at, more)) {
        if (ended) {
          stream.cancel(more);
        }
        return false;
      }
      slice = stream.read(at, most);
    }
    if (stream.isDeleted()) {
      end();
      return false;
    }
    if (!isControlDue && !slice.isEmpty()) {
      at = slice.next();
      isControlDue = true;
      subscriber.onNext(SseMessage.builder().event("data").data(text(slice.data())).build());
      return true;
    }
    isControlDue = false;
    hasBegun = true;
    subscriber.onNext(control(slice));
    if (slice.isEmpty() && slice.isClosed()) {
      end();
    }
    return true;
  }

  private void end() {
    ended = true;
    subscriber.onComplete();
  }

  private String text(byte[] data) {
    return Operation.isText(stream.type())
        ? new String(data, StandardCharsets.UTF_8)
        : Base64.getEncoder().encodeToString(data);
  }

  /** What is behind the events so far. */
  private SseMessage control(Slice behind) {
    JsonObjectBuilder json = Json.createObjectBuilder();
    if (behind.isEmpty()) {
      at = behind.next();
    }
    json.add("streamNextOffset", at.toString());
    if (behind.isEmpty() && behind.isClosed()) {
      json.add("streamClosed", true).add("upToDate", true);
    } else {
      cursor = Offset.cursor(cursor);
      json.add("streamCursor", cursor);
      if (behind.isEmpty()) {
        json.add("upToDate", true);
      }
    }
    return SseMessage.builder().event("control").data(json.build().toString()).build();
  }
}
