package org.starcast.internal.web;

import static org.starcast.internal.web.DurableStreamResource.flags;
import static org.starcast.internal.web.DurableStreamResource.slice;

import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.starcast.internal.durable.DurableStream;
import org.starcast.internal.durable.DurableStream.Slice;
import org.starcast.internal.durable.Offset;
import org.starcast.internal.http.Problem;

/** One request that waits for something behind an offset; it holds no thread. */
final class DurablePoll implements Runnable {

  private final DurableStream stream;
  private final Offset from;
  private final String cursor;
  private final AsyncResponse async;
  private final Executor sends;
  private final Runnable left;
  private final AtomicBoolean answered = new AtomicBoolean();

  /**
   * Has not begun.
   *
   * @param cursor the client's, or null
   * @param left run once, when it is answered
   */
  DurablePoll(
      DurableStream stream,
      Offset from,
      String cursor,
      AsyncResponse async,
      Executor sends,
      Runnable left) {
    this.stream = stream;
    this.from = from;
    this.cursor = cursor;
    this.async = async;
    this.sends = sends;
    this.left = left;
  }

  void begin(Duration timeout) {
    async.setTimeoutHandler(late -> answer());
    async.setTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS);
    run();
  }

  @Override
  public void run() {
    if (answered.get()) {
      return;
    }
    if (stream.await(from, this)) {
      if (answered.get()) {
        // meanwhile, by its timeout
        stream.cancel(this);
      }
      return;
    }
    try {
      // a client may take its time
      sends.execute(this::answer);
    } catch (RejectedExecutionException e) {
      // the application ends
      answer();
    }
  }

  private void answer() {
    if (answered.compareAndSet(false, true)) {
      stream.cancel(this);
      left.run();
      async.resume(response());
    }
  }

  private Response response() {
    if (stream.isDeleted()) {
      return Problem.of(404, "stream: has been deleted").build();
    }
    Slice slice = stream.read(from, DurableStreamResource.MOST_BYTES);
    Response.ResponseBuilder answer =
        slice.isEmpty()
            ? flags(Response.noContent().header("Stream-Next-Offset", slice.next()), slice)
            : slice(stream, slice);
    return answer.header("Stream-Cursor", Offset.cursor(cursor)).build();
  }
}
