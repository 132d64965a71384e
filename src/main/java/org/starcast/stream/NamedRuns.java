package org.starcast.stream;

import jakarta.json.JsonArray;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonString;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.starcast.RefusedException;
import org.starcast.SseClient;
import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.engine.StreamHistories;
import org.starcast.internal.topic.TopicName;
import org.starcast.internal.wire.EventId;
import org.starcast.stream.NamedRun.Phase;
import org.starcast.stream.StreamMark.Kind;

/**
 * The named streams that this node knows, and what becomes of each by what comes: by the events of
 * its topic, in their order, and by what other nodes say. Changes state only; what is to be done
 * besides, each change gives to its caller, who does it without the lock.
 *
 * <p>Thread-safe: its monitor is the lock, which guards the {@linkplain NamedRun runs}, too.
 */
final class NamedRuns {

  /** The own heartbeats within which all nodes that follow have answered. */
  private static final int ANSWERED = 3;

  /** The most streams that have ended and are known, and whose ids are known after that. */
  private static final int MAX_ENDED = 10_000;

  private final NamedStreams streams;
  private final String node;
  private final StarcastConfig.Streams config;
  private final int messageBytes;
  private final Timer timer;

  private final Map<String, NamedRun> runs = new HashMap<>();

  /** Those that have ended; which is forgotten first, first. */
  private final Queue<NamedRun> over =
      new PriorityQueue<>(Comparator.comparingLong(NamedRun::forgetAt));

  /** The ids of those that were forgotten last. */
  private final Set<String> gone = new LinkedHashSet<>();

  private final List<NamedRun> unclaimed = new ArrayList<>();

  /** The clients whose streams end with the named one of this id, whether it is there or not. */
  private final Map<String, Set<SseClient>> viewers = new HashMap<>();

  /** Null until the order begins. */
  private volatile StreamHistories histories;

  private int running;
  private long numbers;

  /** The sequence of the last event of a named stream. */
  private long applied;

  private boolean ending;

  /** Whether the others have said what they run. */
  private boolean informed;

  /** The own heartbeats since this node has asked; below zero until it has. */
  private int asked = -1;

  /**
   * None yet.
   *
   * @param node this node's name
   * @param alone whether there are no others
   */
  NamedRuns(NamedStreams streams, String node, boolean alone, StarcastConfig config, Timer timer) {
    this.streams = streams;
    this.node = node;
    this.informed = alone;
    this.config = config.streams();
    this.messageBytes = config.limits().messageBytes();
    this.timer = timer;
  }

  // ---- what this node asks for

  /**
   * What became of a call.
   *
   * @param isNew whether the run is of the source that was given
   * @param claims whether its start is to be published now
   */
  record Found(NamedRun run, boolean isNew, boolean claims) {}

  /**
   * The run of this id, or one that is to start.
   *
   * @throws RefusedException 503, if no other one may start
   */
  synchronized <T> Found findOrStart(
      String id, SourceReader<T> reader, StreamOptions<? super T> options) {
    forget();
    NamedRun known = runs.get(id);
    if (known != null) {
      return new Found(known, false, false);
    }
    if (ending) {
      throw new RefusedException(503, "the application is stopping", 5);
    }
    if (running >= config.max()) {
      throw new RefusedException(
          503, "starcast.streams.max: " + config.max() + " named streams go on", 5);
    }
    NamedBounds bounds = NamedBounds.of(options, config);
    StreamMark mark =
        new StreamMark(
            options.unwatchedTimeout().isZero() ? Kind.START : Kind.WATCHED,
            node,
            ++numbers,
            applied,
            bounds);
    NamedSource<T> own = new NamedSource<>(streams, id, mark, messageBytes, reader, options);
    NamedRun run = new NamedRun(streams, id, own, bounds);
    runs.put(id, run);
    gone.remove(id);
    running++;
    if (!informed) {
      unclaimed.add(run);
    }
    return new Found(run, true, informed);
  }

  /** Null if there is none. */
  synchronized NamedRun find(String id) {
    forget();
    return runs.get(id);
  }

  /** Whether there was one that is forgotten; not of one that is there. */
  synchronized boolean wasForgotten(String id) {
    return gone.contains(id);
  }

  /**
   * The start of a run was not stored, or may not have been. Its viewers are told, and who comes
   * back is answered as after the end of a stream that is forgotten.
   *
   * @return what is to be done if it is given up; or null
   */
  synchronized Runnable unclaim(NamedRun run, NamedSource<?> own, Throwable failure) {
    if (run.phase() != Phase.CLAIMED || run.own() != own) {
      return null;
    }
    end(run, Phase.FAILED, null, System.currentTimeMillis());
    over.remove(run);
    runs.remove(run.id(), run);
    noteGone(run.id());
    Set<SseClient> left = viewers.remove(run.id());
    return () -> {
      if (left != null) {
        own.notStored(failure).ifPresent(last -> left.forEach(viewer -> viewer.send(last)));
      }
      close(left);
      own.discard();
      run.complete();
    };
  }

  private static void close(Set<SseClient> viewers) {
    if (viewers != null) {
      viewers.forEach(SseClient::close);
    }
  }

  /** The runs for which this holds. */
  synchronized List<NamedRun> those(Predicate<NamedRun> which) {
    return runs.values().stream().filter(which).toList();
  }

  /** Those that this node runs, as other nodes are told. */
  synchronized List<JsonObjectBuilder> toSay() {
    return runs.values().stream()
        .filter(run -> run.phase() == Phase.RUNNING && run.own() != null)
        .map(NamedRun::toJson)
        .toList();
  }

  /** The node ends: nothing starts from now on. */
  synchronized void end() {
    ending = true;
  }

  // ---- who watches

  /**
   * Notes a client whose stream ends with the named one; whether that has ended by now, and it is
   * not noted.
   */
  synchronized boolean isOverFor(String id, SseClient client) {
    NamedRun run = runs.get(id);
    if (run == null ? gone.contains(id) : run.phase().isOver()) {
      return true;
    }
    viewers.computeIfAbsent(id, i -> new HashSet<>()).add(client);
    return false;
  }

  synchronized void left(String id, SseClient client) {
    Set<SseClient> others = viewers.get(id);
    if (others != null && others.remove(client) && others.isEmpty()) {
      viewers.remove(id);
    }
  }

  /** The order of events begins, or has lost some; always the same. */
  void follow(StreamHistories order) {
    histories = order;
  }

  // ---- what comes, in the order of events; each gives what is to be done, or null

  /**
   * An event of a named stream.
   *
   * @param time when it was published, in milliseconds since 1970
   */
  synchronized Runnable streamed(EventId at, String id, StreamMark mark, long time) {
    applied = at.sequence();
    NamedRun run = runs.get(id);
    return switch (mark.kind()) {
      case START, WATCHED -> started(at, id, run, mark);
      case ITEM -> item(at, id, run, mark);
      default -> ended(at, id, run, mark, time);
    };
  }

  /** Has the history of a run begin with this event. */
  private void keep(NamedRun run, EventId at) {
    histories.keep(run.id(), run.bounds().ofHistory(messageBytes), at.sequence() - 1);
    run.kept(true);
  }

  /** How far clients of this node have read the topic; 0 if there is none. */
  long readUpTo(String id) {
    StreamHistories known = histories;
    return known == null ? 0 : known.readUpTo(id);
  }

  StreamHistories histories() {
    return histories;
  }

  private Runnable started(EventId at, String id, NamedRun known, StreamMark mark) {
    if (known != null && known.phase() == Phase.RUNNING && !known.mark().sameRun(mark)) {
      // who claims it does not know that it goes on
      return known.own() == null ? null : streams::sayRunning;
    }
    if (known != null
        && known.phase().isOver()
        && known.begin() != null
        && mark.since() < known.begin().sequence()
        && at.epoch().equals(known.begin().epoch())) {
      // of the same time, and second: that the other one is over by now changes nothing
      return null;
    }
    NamedRun run = known == null || known.phase().isOver() ? put(id) : known;
    NamedSource<?> own = run.own();
    boolean mine = own != null && own.mark().sameRun(mark);
    Runnable discarded = mine ? null : disown(run);
    run.began(mark, at, asked >= 0);
    gone.remove(id);
    keep(run, at);
    if (mine) {
      return own::begin;
    }
    if (mark.node().equals(node)) {
      // of a claim that was given up
      return () -> streams.endLost(run);
    }
    return discarded;
  }

  private Runnable item(EventId at, String id, NamedRun known, StreamMark mark) {
    if (informed && asked >= 0 && (known == null || known.phase() == Phase.CLAIMED)) {
      return null; // nothing began there: it comes late, or from somebody else
    }
    Runnable then = null;
    NamedRun run = known;
    if (run == null || run.phase() == Phase.CLAIMED) {
      // it began before this node knew
      then = run == null ? null : disown(run);
      run = run == null ? put(id) : run;
      run.began(mark, null, asked >= 0);
    }
    if (run.phase() == Phase.RUNNING && run.mark().sameRun(mark)) {
      run.counts(asked >= 0);
      if (!run.isKept()) {
        if (histories.room(id) == null) {
          keep(run, at);
        }
        run.kept(true);
      }
    }
    return then;
  }

  private Runnable ended(EventId at, String id, NamedRun known, StreamMark mark, long time) {
    NamedRun run = known;
    if (run == null) {
      run = put(id);
      run.began(mark, null, false);
    } else if (run.phase() != Phase.RUNNING || !run.mark().sameRun(mark)) {
      return null;
    }
    NamedSource<?> own = run.own();
    end(run, Phase.of(mark.kind().state()), at, time);
    histories.forget(id, time + run.bounds().keepMillis());
    Set<SseClient> left = viewers.remove(id);
    NamedRun done = run;
    return () -> {
      close(left);
      if (own != null) {
        own.close();
      }
      done.complete();
    };
  }

  private NamedRun put(String id) {
    NamedRun run = new NamedRun(streams, id, null, NamedBounds.of(config));
    runs.put(id, run);
    return run;
  }

  /** Another node's source runs. */
  private Runnable disown(NamedRun run) {
    NamedSource<?> own = run.own();
    if (own == null) {
      return null;
    }
    running--;
    run.disown();
    return own::discard;
  }

  /**
   * A run has ended.
   *
   * @param time when, in milliseconds since 1970: after a restart that may be long ago
   */
  private void end(NamedRun run, Phase phase, EventId at, long time) {
    running -= run.own() == null ? 0 : 1;
    long ago = Math.max(0, System.currentTimeMillis() - time);
    long left = Math.max(0, run.bounds().keepMillis() - ago);
    run.ended(phase, at, timer.now() + TimeUnit.MILLISECONDS.toNanos(left));
    over.add(run);
    forget();
  }

  private void forget() {
    long now = timer.now();
    for (NamedRun first = over.peek();
        first != null && (first.forgetAt() <= now || over.size() > MAX_ENDED);
        first = over.peek()) {
      over.remove();
      if (runs.remove(first.id(), first)) {
        noteGone(first.id());
      }
    }
  }

  private void noteGone(String id) {
    gone.add(id);
    if (gone.size() > MAX_ENDED) {
      gone.remove(gone.iterator().next());
    }
  }

  // ---- what other nodes say

  /** What a heartbeat of this node is the time for. */
  record Beat(boolean asks, boolean learned, List<NamedRun> claims) {}

  /** A heartbeat of this node has come. */
  synchronized Beat beat() {
    boolean asks = asked < 0;
    if (asks || informed || ++asked < ANSWERED) {
      return new Beat(asks, false, List.of());
    }
    informed = true;
    List<NamedRun> claims = List.copyOf(unclaimed);
    unclaimed.clear();
    return new Beat(false, true, claims);
  }

  /** This node's question, what the others run, has its place in the order. */
  synchronized void hasAsked() {
    asked = Math.max(asked, 0);
  }

  /** What another node runs; gives what is to be done. */
  synchronized List<Runnable> running(EventId at, String whose, JsonArray said) {
    List<Runnable> then = new ArrayList<>();
    for (JsonObject json : said.getValuesAs(JsonObject.class)) {
      String id = TopicName.check(json.getString("stream"));
      StreamMark mark = StreamMark.of(json.getString("mark"));
      if (mark == null || !mark.kind().isStart() || !mark.node().equals(whose)) {
        throw new IllegalArgumentException("mark: must be that of a start of the node's own");
      }
      long since = json.getJsonNumber("at").longValueExact();
      Runnable discarded = isRunning(id, mark, since == 0 ? null : new EventId(at.epoch(), since));
      if (discarded != null) {
        then.add(discarded);
      }
    }
    return then;
  }

  private Runnable isRunning(String id, StreamMark mark, EventId begin) {
    NamedRun run = runs.get(id);
    if (run != null && run.mark() != null && run.mark().sameRun(mark)) {
      run.confirm();
      return null;
    }
    boolean earlier =
        run != null
            && run.phase() == Phase.RUNNING
            && begin != null
            && (run.begin() == null || begin.sequence() < run.begin().sequence());
    if (run != null && run.phase() == Phase.RUNNING && !earlier) {
      return null;
    }
    Runnable discarded = run == null ? null : disown(run);
    run = run == null || run.phase().isOver() ? put(id) : run;
    run.began(mark, begin, true);
    return discarded;
  }

  /** The source that this node runs by this number; null if it does not. */
  synchronized NamedSource<?> own(String id, String whose, long number) {
    NamedRun run = runs.get(id);
    NamedSource<?> own = run == null ? null : run.own();
    return own != null && own.mark().node().equals(whose) && own.mark().number() == number
        ? own
        : null;
  }

  /** Another node has viewers of these, that have read so far. */
  synchronized void seen(JsonArray ids, JsonArray read) {
    List<JsonNumber> upTo = read.getValuesAs(JsonNumber.class);
    int i = 0;
    for (JsonString id : ids.getValuesAs(JsonString.class)) {
      NamedRun run = runs.get(id.getString());
      if (run != null && run.own() != null) {
        run.own().seen(upTo.get(i).longValueExact());
      }
      i++;
    }
  }

  /** Events may have been lost, and what other nodes said. */
  synchronized void missed() {
    informed = false;
    asked = -1;
    for (NamedRun run : runs.values()) {
      run.kept(false);
      if (run.own() == null) {
        run.doubt();
      }
    }
  }
}
