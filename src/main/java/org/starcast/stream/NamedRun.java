package org.starcast.stream;

import jakarta.json.JsonObjectBuilder;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.starcast.internal.json.Json;
import org.starcast.internal.wire.EventId;
import org.starcast.stream.SseStreams.NamedStream;

/**
 * A named stream, as this node knows it by the events of its topic.
 *
 * <pre>
 *             the first start in the order,             the first end of
 *             this node's or another one's              that run
 *   CLAIMED ───────────────────────────────► RUNNING ─────────────────────► COMPLETED
 *      │                                        ▲                         │ FAILED
 *      │ was not stored                         │ a start, an item, or    │ CANCELLED
 *      └──────────► FAILED              (unknown) another node's word     ▼
 *                                               ▲                      (forgotten)
 *                                               └─────────────────────────┘ a start
 * </pre>
 *
 * <p>What changes is guarded by the monitor of {@link NamedRuns}.
 */
final class NamedRun implements NamedStream {

  /** Where it stands; see above. */
  enum Phase {
    /** This node has published a start, or is about to. */
    CLAIMED(State.RUNNING),
    RUNNING(State.RUNNING),
    COMPLETED(State.COMPLETED),
    FAILED(State.FAILED),
    CANCELLED(State.CANCELLED);

    private final State state;

    Phase(State state) {
      this.state = state;
    }

    static Phase of(State state) {
      return valueOf(state.name());
    }

    State state() {
      return state;
    }

    boolean isOver() {
      return compareTo(RUNNING) > 0;
    }
  }

  private final NamedStreams streams;
  private final String id;
  private final CompletableFuture<State> completion = new CompletableFuture<>();

  // guarded by the lock

  private Phase phase = Phase.CLAIMED;

  /** The source, if it is this node's. */
  private NamedSource<?> own;

  /** Whose source runs, or ran; null while that is not known. */
  private StreamMark mark;

  /** Its first and its last event; null if not known. */
  private EventId begin;

  private EventId end;
  private long items;

  /** When it is forgotten, by the clock of the timer. */
  private long forgetAt;

  private NamedBounds bounds;

  /** Whether its topic has a history. */
  private boolean kept;

  /** Whether its node is known to run it. */
  private boolean confirmed;

  /**
   * One that nothing is known of yet.
   *
   * @param own the source, if this node claims it; else null
   * @param bounds what is kept of it, as long as nothing else is known
   */
  NamedRun(NamedStreams streams, String id, NamedSource<?> own, NamedBounds bounds) {
    this.streams = streams;
    this.id = id;
    this.own = own;
    this.bounds = bounds;
  }

  // ---- with the lock

  Phase phase() {
    return phase;
  }

  NamedSource<?> own() {
    return own;
  }

  void disown() {
    own = null;
  }

  StreamMark mark() {
    return mark;
  }

  EventId begin() {
    return begin;
  }

  EventId end() {
    return end;
  }

  long counted() {
    return items;
  }

  /**
   * It has published something.
   *
   * @param now whether that was since this node asked who runs what
   */
  void counts(boolean now) {
    items++;
    confirmed |= now;
  }

  long forgetAt() {
    return forgetAt;
  }

  NamedBounds bounds() {
    return bounds;
  }

  boolean isKept() {
    return kept;
  }

  void kept(boolean is) {
    kept = is;
  }

  boolean isConfirmed() {
    return confirmed;
  }

  void confirm() {
    confirmed = true;
  }

  /** What was heard of it may be old. */
  void doubt() {
    confirmed = false;
  }

  /**
   * It runs.
   *
   * @param now whether that was said since this node asked who runs what
   */
  void began(StreamMark whose, EventId at, boolean now) {
    phase = Phase.RUNNING;
    mark = whose;
    bounds = whose.bounds() == null ? bounds : whose.bounds();
    begin = at;
    items = 0;
    confirmed = now;
  }

  /** It has ended; those who wait are told by {@link #complete}, without the lock. */
  void ended(Phase how, EventId at, long forgetAt) {
    phase = how;
    end = at;
    this.forgetAt = forgetAt;
    own = null;
  }

  /** What other nodes are told of one that this node runs. */
  JsonObjectBuilder toJson() {
    return Json.createObjectBuilder()
        .add("stream", id)
        .add("mark", own.mark().toString())
        .add("at", begin == null ? 0 : begin.sequence());
  }

  // ---- without it

  void complete() {
    completion.complete(state());
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public State state() {
    return streams.phase(this).state();
  }

  @Override
  public long items() {
    return streams.items(this);
  }

  @Override
  public CompletionStage<State> completion() {
    return completion.minimalCompletionStage();
  }

  @Override
  public void stop() {
    streams.stop(this);
  }

  @Override
  public String toString() {
    return "NamedStream[" + id + ", " + state() + "]";
  }
}
