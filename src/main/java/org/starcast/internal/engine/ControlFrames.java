package org.starcast.internal.engine;

import jakarta.json.JsonObjectBuilder;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;
import org.starcast.internal.json.Json;
import org.starcast.internal.wire.EventId;
import org.starcast.internal.wire.FrameTemplate;
import org.starcast.internal.wire.SseFormat;

/** The frames that the engine itself sends: greeting, heartbeat, gap, farewell. Thread-safe. */
final class ControlFrames {

  private record IdHeartbeat(EventId id, Frame frame) {}

  private static final Frame HEARTBEAT = Frame.permanent(SseFormat.commentLine());

  private final Duration retry;
  private final boolean logs;
  private volatile IdHeartbeat latest;

  /**
   * Makes frames.
   *
   * @param retry after which time clients are to come back
   * @param logs whether events are kept, so that ids mean something
   */
  ControlFrames(Duration retry, boolean logs) {
    this.retry = retry;
    this.logs = logs;
  }

  /**
   * How a stream begins.
   *
   * @param id the id that the client has from now on, or null
   */
  Frame greeting(EventId id) {
    return Frame.permanent(
        SseFormat.encode(null, id == null ? null : id.toString(), retry, null, null));
  }

  /**
   * How a stream begins whose client gets a state first. The id is behind it: who has read half of
   * it begins anew.
   *
   * @param id the id that the client has when it has the state, or null
   */
  Frame greeting(EventId id, byte[] state) {
    byte[] first = greeting(null).bytes();
    byte[] last = id == null ? new byte[0] : SseFormat.encode(null, id.toString(), null, null, "");
    byte[] all = Arrays.copyOf(first, first.length + state.length + last.length);
    System.arraycopy(state, 0, all, first.length, state.length);
    System.arraycopy(last, 0, all, first.length + state.length, last.length);
    return Frame.permanent(all);
  }

  /** A heartbeat without an id. */
  Frame heartbeat() {
    return HEARTBEAT;
  }

  /** A heartbeat with an id; the latest one is kept, as most clients ask for the same. */
  Frame heartbeat(String epoch, long announced) {
    IdHeartbeat made = latest;
    if (made == null || made.id.sequence() != announced || !made.id.epoch().equals(epoch)) {
      EventId id = new EventId(epoch, announced);
      byte[] bytes = SseFormat.encode(null, id.toString(), null, null, "");
      made = new IdHeartbeat(id, Frame.permanent(announced, bytes));
      latest = made;
    }
    return made.frame;
  }

  /**
   * Tells a client that it missed events.
   *
   * @param epoch of the event that follows
   * @param next the sequence of it; 0 if there is none yet
   * @param has the sequence that the client has when it has read this, so that it is told once; -1
   *     for none that is known
   * @param missed how many; 0 for unknown
   * @param behind what comes behind it
   */
  Frame gap(String epoch, long next, long has, long missed, byte[] behind) {
    JsonObjectBuilder data = Json.createObjectBuilder();
    if (next > 0) {
      data.add("next", new EventId(epoch, next).toString());
    }
    if (missed > 0) {
      data.add("missed", missed);
    }
    FrameTemplate gap = SseFormat.draft("starcast-gap", null, data.build().toString(), null);
    int length = has >= 0 && logs ? gap.finish(epoch, has) : gap.finishWithoutId();
    byte[] bytes = Arrays.copyOf(gap.bytes(), length + behind.length);
    System.arraycopy(behind, 0, bytes, length, behind.length);
    return Frame.permanent(bytes);
  }

  /** Has a client that is sent away come back after a time of its own. */
  Frame farewell() {
    long millis = retry.toMillis();
    long jittered = millis / 2 + ThreadLocalRandom.current().nextLong(millis + 1);
    return Frame.permanent(SseFormat.retry(Duration.ofMillis(jittered)));
  }
}
