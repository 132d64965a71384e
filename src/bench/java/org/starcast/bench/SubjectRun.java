package org.starcast.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Puts one subject through the scenarios. */
final class SubjectRun {

  private static final int OPEN_WINDOW = 256;
  private static final int SPARE_FILES = 500;
  private static final long OPEN_SECONDS = 60;

  /** What a server has open beside its streams. */
  private static final int SERVER_FILES = 1_500;

  private static final long CROWD_SECONDS = 300;
  private static final long ROUND_SECONDS = 90;
  private static final long REPLAY_SECONDS = 240;
  private static final int REPLAY_CALLS = 200;
  private static final int REPLAY_PAUSE_MILLIS = 20;
  private static final int POST_MILLIS = 120_000;
  private static final int STALLED_POST_MILLIS = 20_000;
  private static final long STALLED_SECONDS = 90;
  private static final int FRAMES_AHEAD = 4;
  private static final int WARM_RETURNS = 3;

  /** An id of before the server was started. */
  private static final String GONE_ID = "&lastEventId=before-1";

  private final Subject subject;
  private final Flavour flavour;
  private final Launcher launcher;
  private final Options options;
  private final Scale scale;
  private final Results results;
  private Server server;
  private long sequence;
  private int topics;
  private int startFailures;

  SubjectRun(Subject subject, Launcher launcher, Options options, Scale scale, Results results) {
    this.subject = subject;
    this.flavour = subject.flavour;
    this.launcher = launcher;
    this.options = options;
    this.scale = scale;
    this.results = results;
  }

  /** Runs the chosen scenarios; a scenario that fails is noted, and the next begins anew. */
  void run() {
    for (Scenario scenario : options.only()) {
      if (startFailures > 1
          || !flavour.takes(scenario)
          || scenario == Scenario.STREAMS && subject.container == Container.SERVER
          || scenario == Scenario.PUBLISH && options.only().contains(Scenario.IDLE)) {
        continue;
      }
      Bench.log(subject.id() + ": " + scenario.id());
      try {
        run(scenario);
      } catch (IOException | RuntimeException e) {
        Bench.log(subject.id() + ": " + scenario.id() + " failed: " + e);
        String why = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        results.fail(scenario, subject, serverProblem(why));
        if (server == null) {
          startFailures++;
        }
        stop();
      }
    }
    stop();
  }

  private void run(Scenario scenario) throws IOException {
    switch (scenario) {
      case BURST -> burst();
      case ONE_1000 -> {
        Round round = oneByOne(scale.streams());
        put(Figure.ONE_1000_RATE, Figure.ONE_1000_CPU, Figure.ONE_1000_BYTES, round);
      }
      case ONE_5000 -> {
        Round round = oneByOne(scale.manyStreams());
        put(Figure.ONE_5000_RATE, Figure.ONE_5000_CPU, Figure.ONE_5000_BYTES, round);
      }
      case PACED -> paced();
      case TOPICS -> manyTopics();
      case FRAMES -> frames();
      case STORM -> storm();
      case IDLE -> idle();
      case PUBLISH -> publishCalls();
      case STALLED -> stalled();
      case REPLAY -> replay();
      case RETURN -> comeBack();
      case GONE -> gone();
      case IDLE_100K -> crowd();
      case STREAMS -> streams();
    }
  }

  // ---- the scenarios

  private void burst() throws IOException {
    String topic = newTopic();
    try (Swarm swarm = openAll(scale.streams(), topic, scale.padding())) {
      Round round =
          medianOf(swarm, () -> burst(topic, scale.events(), scale.padding(), 0).expectation());
      put(Figure.BURST_RATE, Figure.BURST_CPU, Figure.BURST_BYTES, round);
    }
    letGo(topic);
  }

  private Round oneByOne(int streams) throws IOException {
    String topic = newTopic();
    Round round;
    try (Swarm swarm = openAll(streams, topic, scale.padding());
        HttpPublisher http = publisher()) {
      round = medianOf(swarm, () -> publishAll(http, topic, scale.events(), scale.padding(), 0));
    }
    letGo(topic);
    return round;
  }

  private void paced() throws IOException {
    String topic = newTopic();
    int rate = scale.pacedRate();
    try (Swarm swarm = openAll(scale.streams(), topic, scale.padding());
        HttpPublisher http = publisher()) {
      warmUp(swarm, () -> publishAll(http, topic, 2 * rate, scale.padding(), rate));
      Round round =
          round(
              swarm,
              () -> publishAll(http, topic, rate * scale.pacedSeconds(), scale.padding(), rate));
      put(Figure.PACED_P50, round.millis(50), round);
      put(Figure.PACED_P99, round.millis(99), round);
      put(Figure.PACED_P999, round.millis(99.9), round);
      put(Figure.PACED_CPU, round.cpuMicrosPerDelivery(), round);
      put(Figure.PACED_BYTES, round.bytesPerDelivery(), round);
    }
    letGo(topic);
  }

  private void manyTopics() throws IOException {
    String prefix = newTopic() + ".";
    int count = scale.topics();
    int stride = count / scale.topicsPerStream();
    ensureServer(count);
    try (Swarm swarm = swarm();
        HttpPublisher http = publisher()) {
      swarm.open(
          count,
          i -> {
            List<String> topicsOfStream = new ArrayList<>();
            for (int k = 0; k < scale.topicsPerStream(); k++) {
              topicsOfStream.add(prefix + (i + k * stride) % count);
            }
            return flavour.streamPath(topicsOfStream);
          },
          OPEN_WINDOW,
          false,
          scale.padding());
      opened(swarm, count);
      Random random = new Random(7);
      Round round =
          medianOf(
              swarm,
              () -> {
                Map<Integer, Round.Expected> expected = new HashMap<>();
                for (int n = 0; n < scale.topicEvents(); n++) {
                  int topic = random.nextInt(count);
                  long key = ++sequence;
                  publishOne(http, prefix + topic, key, System.nanoTime(), scale.padding());
                  for (int k = 0; k < scale.topicsPerStream(); k++) {
                    int stream = Math.floorMod(topic - k * stride, count);
                    expected.merge(
                        stream, new Round.Expected(1, EventStream.mix(key)), (a, b) -> a.plus(key));
                  }
                }
                return byStream(expected);
              });
      put(Figure.TOPICS_RATE, Figure.TOPICS_CPU, Figure.TOPICS_BYTES, round);
      put(Figure.TOPICS_P99, round.millis(99), round);
    }
    stopIfCrowded();
  }

  private void frames() throws IOException {
    String topic = newTopic();
    try (Swarm swarm = openAll(scale.streams(), topic, scale.frame());
        HttpPublisher http = publisher()) {
      Round round =
          medianOf(
              swarm,
              () -> {
                Round.Expected expected = new Round.Expected(0, 0);
                for (int n = 0; n < scale.frameEvents(); n++) {
                  long ahead = (n - FRAMES_AHEAD + 1L) * scale.streams();
                  Swarm.await(() -> swarm.events() >= ahead, ROUND_SECONDS, TimeUnit.SECONDS);
                  long key = ++sequence;
                  publishOne(http, topic, key, System.nanoTime(), scale.frame());
                  expected = expected.plus(key);
                }
                return Round.Expectation.same(expected);
              });
      put(Figure.FRAMES_RATE, Figure.FRAMES_CPU, Figure.FRAMES_BYTES, round);
    }
    letGo(topic);
  }

  private void storm() throws IOException {
    String topic = newTopic();
    int count = scale.storm();
    ensureServer(count);
    String warm = streamOf(topic);
    try (Swarm swarm = swarm()) {
      // in its first thousands of requests a server is still being compiled
      swarm.open(count, i -> warm, count, false, -1);
      opened(swarm, count);
    }
    letGo(topic);
    ensureServer(count);
    String stream = streamOf(topic);
    try (Swarm swarm = swarm()) {
      long start = System.nanoTime();
      swarm.open(count, i -> stream, count, false, -1);
      boolean all = swarm.awaitOpen(count, OPEN_SECONDS, TimeUnit.SECONDS);
      double seconds = (System.nanoTime() - start) / 1e9;
      put(Figure.STORM, seconds, all ? null : notOpened(swarm, count));
    }
    letGo(topic);
  }

  /** Idle streams, and with them the time that publish takes with so many subscribers. */
  private void idle() throws IOException {
    String topic = newTopic();
    int count = scale.idle();
    fresh(Launcher.DEFAULT_HEAP);
    warmUp();
    String stream = streamOf(topic);
    double heapPerStream;
    try (Swarm swarm = swarm()) {
      Idle idle = openIdle(swarm, count, stream, OPEN_SECONDS);
      put(Figure.IDLE_OPEN, idle.openSeconds());
      put(Figure.IDLE_RESIDENT, idle.resident());
      heapPerStream = idle.heapPerStream();
      if (server.isJvm()) {
        put(Figure.IDLE_HEAP, heapPerStream);
      }
      put(Figure.IDLE_CPU, idle.heartbeats());
      if (flavour.bursts() && options.only().contains(Scenario.PUBLISH)) {
        try {
          publishCalls(swarm, topic);
        } catch (IOException | RuntimeException e) {
          results.fail(Scenario.PUBLISH, subject, serverProblem(e.getMessage()));
        }
      }
    }
    if (flavour == Flavour.STARCAST) {
      put(Figure.IDLE_HEAP_ABOVE, heapPerStream - bareHeapPerStream());
    }
    stop();
  }

  /** What idle streams take. */
  private record Idle(
      double openSeconds, Results.Cell resident, double heapPerStream, Results.Cell heartbeats) {}

  private Idle openIdle(Swarm swarm, int count, String stream, long seconds) throws IOException {
    long heapBefore = liveHeap();
    long residentBefore = server.residentBytes();
    double idleCore = coreShare(Math.min(5, scale.idleSeconds())).work();
    long start = System.nanoTime();
    swarm.open(count, i -> stream, OPEN_WINDOW, false, scale.padding());
    opened(swarm, count, seconds);
    double openSeconds = (System.nanoTime() - start) / 1e9;
    double heapPerStream = (liveHeap() - heapBefore) / 1e3 / count;
    long resident = server.residentBytes();
    // of a JVM that has warmed up, little: the pages of its heap are there already
    String perStream = "%.1f kB a stream".formatted((resident - residentBefore) / 1e3 / count);
    long commentsBefore = swarm.comments();
    CoreShare share = coreShare(scale.idleSeconds());
    double beats = (double) (swarm.comments() - commentsBefore) / count;
    return new Idle(
        openSeconds,
        new Results.Cell(resident / 1e6, lostProblem(swarm), perStream),
        heapPerStream,
        new Results.Cell(
            Math.max(0, share.work() - idleCore) * 100,
            lostProblem(swarm),
            "%.1f beats a stream%s"
                .formatted(
                    beats,
                    server.isJvm()
                        ? "; the compilers beside it %.1f %%".formatted(share.compilers() * 100)
                        : "")));
  }

  /** As many idle streams as the machine lets be open. */
  private void crowd() throws IOException {
    String topic = newTopic();
    long files = Proc.fileLimit() - SERVER_FILES;
    int count = (int) Math.min(scale.crowd(), files);
    fresh(Launcher.CROWD_HEAP);
    warmUp();
    String stream = streamOf(topic);
    try (Swarm swarm = swarm();
        HttpPublisher http = publisher()) {
      Idle idle = openIdle(swarm, count, stream, CROWD_SECONDS);
      String bound = count < files ? null : "bounded by ulimit -n, " + Proc.fileLimit();
      put(Figure.IDLE_100K_COUNT, new Results.Cell(count, lostProblem(swarm), bound));
      put(Figure.IDLE_100K_OPEN, idle.openSeconds());
      put(Figure.IDLE_100K_RESIDENT, idle.resident());
      if (server.isJvm()) {
        put(Figure.IDLE_100K_HEAP, idle.heapPerStream());
      }
      put(Figure.IDLE_100K_CPU, idle.heartbeats());
      Round round = medianOf(swarm, () -> publishAll(http, topic, 1, scale.padding(), 0));
      put(Figure.IDLE_100K_EVENT, round.seconds(), round);
    }
    stop();
  }

  private double bareHeapPerStream() throws IOException {
    fresh(Launcher.DEFAULT_HEAP);
    warmUp();
    try (Swarm swarm = swarm()) {
      long before = liveHeap();
      swarm.open(scale.idle(), i -> "/bare", OPEN_WINDOW, false, -1);
      opened(swarm, scale.idle());
      return (liveHeap() - before) / 1e3 / scale.idle();
    }
  }

  private void publishCalls() throws IOException {
    String topic = newTopic();
    try (Swarm swarm = openAll(scale.idle(), topic, scale.padding())) {
      publishCalls(swarm, topic);
    }
    stop();
  }

  private void publishCalls(Swarm swarm, String topic) throws IOException {
    warmUp(swarm, () -> burst(topic, 20, scale.padding(), 20).expectation());
    BurstAnswer[] answer = new BurstAnswer[1];
    Round round =
        round(
            swarm,
            () -> {
              answer[0] = burst(topic, scale.calls(), scale.padding(), 400);
              return answer[0].expectation();
            });
    put(Figure.PUBLISH_MEDIAN, answer[0].medianNanos() / 1e6, round);
    put(Figure.PUBLISH_P99, answer[0].p99Nanos() / 1e6, round);
  }

  private void stalled() throws IOException {
    String topic = newTopic();
    int padding = scale.frame();
    fresh(Launcher.STALLED_HEAP);
    warmUp();
    String stream = streamOf(topic);
    try (Swarm swarm = swarm();
        Swarm never = swarm();
        HttpPublisher http = new HttpPublisher(server.port(), STALLED_POST_MILLIS)) {
      swarm.open(scale.healthy(), i -> stream, OPEN_WINDOW, false, padding);
      opened(swarm, scale.healthy());
      int rate = scale.stalledRate();
      round(swarm, () -> publishAll(http, topic, 2 * rate, padding, rate));
      Round alone =
          round(swarm, () -> publishAll(http, topic, scale.stalledEvents() / 3, padding, rate));
      Map<String, Long> closedBefore = closedByReason();
      never.open(scale.stalled(), i -> stream, OPEN_WINDOW, true, padding);
      opened(never, scale.stalled());
      String[] refused = new String[1];
      Round beside =
          Round.run(
              server,
              swarm,
              STALLED_SECONDS,
              inOrder(),
              () -> {
                long before = sequence;
                try {
                  return publishAll(http, topic, scale.stalledEvents(), padding, rate);
                } catch (IOException e) {
                  // what has arrived by then is a result, too
                  refused[0] = "publish %d: %s".formatted(sequence - before, e.getMessage());
                  return Round.Expectation.count(scale.stalledEvents());
                }
              });
      double delivered =
          100.0 * beside.deliveries() / ((double) scale.healthy() * scale.stalledEvents());
      String problem = firstOf(refused[0], beside.problem());
      put(Figure.STALLED_HEALTHY, delivered, serverProblem(problem));
      put(Figure.STALLED_P99, beside.millis(99), serverProblem(problem));
      put(
          Figure.STALLED_FACTOR,
          beside.millis(99) / alone.millis(99),
          serverProblem(firstOf(alone.problem(), problem)));
      put(Figure.STALLED_RESIDENT, server.residentBytes() / 1e6, serverProblem(null));
      stalledEnds(never, closedBefore);
    }
    stop();
  }

  private void stalledEnds(Swarm never, Map<String, Long> closedBefore) throws IOException {
    // those that fit into the buffers on the way may only be found by the send timeout
    Swarm.await(
        () -> closedSince(closedBefore, "overflow", "timeout") >= scale.stalled(),
        flavour == Flavour.STARCAST ? 60 : 5,
        TimeUnit.SECONDS);
    Map<String, Long> reasons = closedByReason();
    reasons.replaceAll((reason, n) -> n - closedBefore.getOrDefault(reason, 0L));
    reasons.values().removeIf(n -> n == 0);
    never.resumeStalled();
    Swarm.await(() -> never.lost() >= scale.stalled(), 20, TimeUnit.SECONDS);
    long byReason = reasons.getOrDefault("overflow", 0L) + reasons.getOrDefault("timeout", 0L);
    String problem =
        flavour != Flavour.STARCAST || byReason == scale.stalled() ? null : "closed " + reasons;
    put(
        Figure.STALLED_CLOSED,
        new Results.Cell(
            100.0 * never.lost() / scale.stalled(),
            serverProblem(problem),
            reasons.isEmpty() ? null : reasons.toString()));
  }

  /** A storm of clients that missed the same events. */
  private void replay() throws IOException {
    String topic = newTopic();
    int count = scale.manyStreams();
    ensureServer(count);
    burst(topic, scale.replayed(), scale.padding(), 0);
    String stream = flavour.streamPath(List.of(topic)) + "&lastEventId=earliest";
    long all = (long) count * scale.replayed();
    try (Swarm swarm = swarm()) {
      double cpu = server.cpuSeconds();
      long start = System.nanoTime();
      swarm.open(count, i -> stream, count, false, scale.padding());
      // on another topic: none of the clients gets it, but it takes the same path and the same log
      BurstAnswer publisher = burst(newTopic(), REPLAY_CALLS, scale.padding(), REPLAY_PAUSE_MILLIS);
      boolean level = Swarm.await(() -> swarm.events() >= all, REPLAY_SECONDS, TimeUnit.SECONDS);
      double seconds = (Math.max(start, swarm.lastEventNanos()) - start) / 1e9;
      String problem =
          level ? lostProblem(swarm) : "%,d of %,d delivered".formatted(swarm.events(), all);
      put(Figure.REPLAY_TIME, seconds, serverProblem(problem));
      put(Figure.REPLAY_RATE, swarm.events() / seconds, serverProblem(problem));
      put(Figure.REPLAY_CPU, (server.cpuSeconds() - cpu) * 1e6 / swarm.events(), problem);
      put(Figure.REPLAY_PUBLISH, publisher.p99Nanos() / 1e6, serverProblem(problem));
      put(Figure.REPLAY_RESIDENT, server.residentBytes() / 1e6, serverProblem(problem));
      put(Figure.REPLAY_HEAP, liveHeap() / 1e6, serverProblem(problem));
    }
    stop();
  }

  /** One client: a burst, and the same events once more out of the log. */
  private void comeBack() throws IOException {
    ensureServer(1);
    int count = scale.returned();
    List<Double> rates = new ArrayList<>();
    List<Double> factors = new ArrayList<>();
    String problem = null;
    for (int i = 0; i < WARM_RETURNS + scale.rounds() && problem == null; i++) {
      String topic = newTopic();
      double live;
      try (Swarm swarm = openAll(1, topic, scale.padding())) {
        Round round = round(swarm, () -> burst(topic, count, scale.padding(), 0).expectation());
        live = round.rate();
        problem = round.problem();
      }
      String stream = flavour.streamPath(List.of(topic)) + "&lastEventId=earliest";
      try (Swarm swarm = swarm()) {
        long start = System.nanoTime();
        swarm.open(1, n -> stream, 1, false, scale.padding());
        if (!Swarm.await(() -> swarm.events() >= count, ROUND_SECONDS, TimeUnit.SECONDS)) {
          problem = "%,d of %,d delivered".formatted(swarm.events(), count);
        }
        double rate = swarm.events() * 1e9 / (swarm.lastEventNanos() - start);
        if (i >= WARM_RETURNS) {
          rates.add(rate);
          factors.add(rate / live);
        }
      }
    }
    put(Figure.RETURN_RATE, median(rates), serverProblem(problem));
    put(Figure.RETURN_FACTOR, median(factors), serverProblem(problem));
    stopIfCrowded();
  }

  /** Clients whose events are gone: with the state as what comes first, and without. */
  private void gone() throws IOException {
    int count = scale.manyStreams();
    ensureServer(count);
    for (int i = 0; i < WARM_RETURNS; i++) {
      getState(count / 10);
      loadAnew(count / 10);
    }
    Recovery state = getState(count);
    put(Figure.GONE_STATE_TIME, state.seconds(), state.problem());
    put(Figure.GONE_STATE_MADE, state.made(), state.problem());
    put(Figure.GONE_STATE_CPU, state.cpuSeconds(), state.problem());
    put(Figure.GONE_STATE_BYTES, state.bytes() / 1e6, state.problem());
    Recovery reload = loadAnew(count);
    put(Figure.GONE_RELOAD_TIME, reload.seconds(), reload.problem());
    put(Figure.GONE_RELOAD_MADE, reload.made(), reload.problem());
    put(Figure.GONE_RELOAD_CPU, reload.cpuSeconds(), reload.problem());
    put(Figure.GONE_RELOAD_BYTES, reload.bytes() / 1e6, reload.problem());
    stop();
  }

  private record Recovery(
      double seconds, long made, double cpuSeconds, long bytes, String problem) {}

  private Recovery getState(int count) throws IOException {
    String stream = "/api/bench/state?topic=" + newTopic() + "&size=" + scale.frame() + GONE_ID;
    return recover(count, List.of(stream), swarm -> swarm.events() >= count);
  }

  /** Each client: the stream, which tells a gap; the page; the stream from where the page is of. */
  private Recovery loadAnew(int count) throws IOException {
    String stream = flavour.streamPath(List.of(newTopic()));
    String id;
    try (HttpPublisher http = publisher()) {
      id = http.get("/api/bench/last").body();
    }
    List<String> paths =
        List.of(
            stream + GONE_ID,
            "/api/bench/page?size=" + scale.frame(),
            stream + "&lastEventId=" + id);
    return recover(count, paths, swarm -> swarm.opened() >= (long) paths.size() * count);
  }

  private Recovery recover(int count, List<String> paths, Predicate<Swarm> areBack)
      throws IOException {
    try (Swarm swarm = swarm();
        HttpPublisher http = publisher()) {
      long madeBefore = Long.parseLong(http.get("/api/bench/made").body());
      double cpuBefore = server.cpuSeconds();
      long start = System.nanoTime();
      swarm.openInTurn(count, i -> paths, count, false, -1);
      boolean all = Swarm.await(() -> areBack.test(swarm), ROUND_SECONDS, TimeUnit.SECONDS);
      double seconds = (System.nanoTime() - start) / 1e9;
      double cpu = server.cpuSeconds() - cpuBefore;
      long made = Long.parseLong(http.get("/api/bench/made").body()) - madeBefore;
      swarm.settle();
      long gaps = swarm.streams().stream().mapToLong(s -> s.gaps).sum();
      String problem = all ? lostProblem(swarm) : "not all are back; " + lostProblem(swarm);
      if (problem == null && (swarm.events() != count || gaps != (paths.size() > 1 ? count : 0))) {
        problem = "%,d events, %,d gaps".formatted(swarm.events(), gaps);
      }
      return new Recovery(seconds, made, cpu, swarm.bytes(), serverProblem(problem));
    }
  }

  /** Named streams beside a chat. */
  private void streams() throws IOException {
    stop();
    server = launcher.start(subject, Launcher.STALLED_HEAP, NamedScenario.SETTINGS);
    warmUp();
    int warmUp = Math.max(1, scale.named() / 10);
    for (int i = 0; i < WARM_RETURNS; i++) {
      streams(warmUp, 2);
    }
    NamedScenario.Outcome outcome = streams(scale.named(), scale.namedSeconds());
    String problem = serverProblem(outcome.problem());
    put(Figure.STREAMS_DELIVERED, new Results.Cell(outcome.delivered(), problem, outcome.note()));
    put(Figure.STREAMS_CHAT, outcome.chat(), problem);
    put(Figure.STREAMS_P50, outcome.latencies().percentile(50) / 1e6, problem);
    put(Figure.STREAMS_P99, outcome.latencies().percentile(99) / 1e6, problem);
    put(Figure.STREAMS_CPU, outcome.cpuSeconds() * 1e6 / outcome.items(), problem);
    put(Figure.STREAMS_HEAP, liveHeap() / 1e6, problem);
    put(Figure.STREAMS_RESIDENT, outcome.mostResident() / 1e6, problem);
    stop();
  }

  private NamedScenario.Outcome streams(int count, int seconds) throws IOException {
    NamedScenario.Outcome outcome =
        new NamedScenario(
                server,
                flavour,
                options.driverThreads(),
                "s" + ++topics,
                count,
                scale.namedRate(),
                seconds,
                scale.padding())
            .run();
    if (outcome.problem() != null) {
      Bench.log(subject.id() + ": " + outcome.problem());
    }
    return outcome;
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElse(0.0);
  }

  // ---- publishing

  /** What the server says about a burst. */
  private record BurstAnswer(int count, long medianNanos, long p99Nanos) {
    Round.Expectation expectation() {
      return Round.Expectation.count(count);
    }
  }

  private BurstAnswer burst(String topic, int count, int size, int pauseMillis) throws IOException {
    try (HttpPublisher http = publisher()) {
      HttpPublisher.Answer answer =
          http.post(flavour.burstPath(topic, count, size, pauseMillis), HttpPublisher.FORM, "");
      if (!answer.ok()) {
        throw new IOException("burst answered " + answer.status());
      }
      return new BurstAnswer(
          count, number(answer.body(), "medianNanos"), number(answer.body(), "p99Nanos"));
    }
  }

  /** Publishes in a row, or so many a second; the time in a paced event is when it was due. */
  private Round.Expectation publishAll(
      HttpPublisher http, String topic, int count, int padding, int perSecond) throws IOException {
    Round.Expected expected = new Round.Expected(0, 0);
    long start = System.nanoTime();
    for (int n = 0; n < count; n++) {
      long time = System.nanoTime();
      if (perSecond > 0) {
        time = start + n * 1_000_000_000L / perSecond;
        for (long left = time - System.nanoTime(); left > 0; left = time - System.nanoTime()) {
          LockSupport.parkNanos(left);
        }
      }
      long key = ++sequence;
      publishOne(http, topic, key, time, padding);
      expected = expected.plus(key);
    }
    return Round.Expectation.same(expected);
  }

  private void publishOne(HttpPublisher http, String topic, long key, long time, int padding)
      throws IOException {
    String data = "seq=" + key + " ts=" + time + " " + "x".repeat(padding);
    HttpPublisher.Answer answer = flavour.publish(http, topic, data);
    if (!answer.ok()) {
      throw new IOException("publish answered " + answer.status());
    }
  }

  // ---- rounds

  private Round medianOf(Swarm swarm, Round.Publishing publishing) throws IOException {
    warmUp(swarm, publishing);
    List<Round> rounds = new ArrayList<>();
    for (int i = 0; i < scale.rounds(); i++) {
      Round round = round(swarm, publishing);
      if (round.problem() != null) {
        return round;
      }
      rounds.add(round);
    }
    rounds.sort(Comparator.comparingDouble(Round::rate));
    return rounds.get(rounds.size() / 2);
  }

  /** What a JVM does in its first seconds is not what is measured. */
  private void warmUp(Swarm swarm, Round.Publishing publishing) throws IOException {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(scale.warmSeconds());
    do {
      if (round(swarm, publishing).problem() != null) {
        return;
      }
    } while (System.nanoTime() < until);
  }

  private Round round(Swarm swarm, Round.Publishing publishing) throws IOException {
    Round round = Round.run(server, swarm, ROUND_SECONDS, inOrder(), publishing);
    if (round.problem() != null) {
      Bench.log(subject.id() + ": " + round.problem());
    }
    return round;
  }

  private static Round.Expectation byStream(Map<Integer, Round.Expected> expected) {
    Round.Expected none = new Round.Expected(0, 0);
    return new Round.Expectation() {
      @Override
      public long events(int stream) {
        return expected.getOrDefault(stream, none).events();
      }

      @Override
      public Long keySum(int stream) {
        return expected.getOrDefault(stream, none).keySum();
      }
    };
  }

  // ---- streams

  private Swarm swarm() {
    return new Swarm(server.port(), options.driverThreads());
  }

  private Swarm openAll(int count, String topic, int padding) throws IOException {
    ensureServer(count);
    Swarm swarm = swarm();
    try {
      String path = streamOf(topic);
      swarm.open(count, i -> path, OPEN_WINDOW, false, padding);
      opened(swarm, count);
      return swarm;
    } catch (IOException | RuntimeException e) {
      swarm.close();
      throw e;
    }
  }

  /** The path of a topic's streams, of a topic that is there. */
  private String streamOf(String topic) throws IOException {
    try (HttpPublisher http = publisher()) {
      flavour.prepare(http, topic);
    }
    return flavour.streamPath(List.of(topic));
  }

  private static void opened(Swarm swarm, int count) throws IOException {
    opened(swarm, count, OPEN_SECONDS);
  }

  private static void opened(Swarm swarm, int count, long seconds) throws IOException {
    if (!swarm.awaitOpen(count, seconds, TimeUnit.SECONDS)) {
      throw new IOException(notOpened(swarm, count));
    }
  }

  private static String lostProblem(Swarm swarm) {
    return swarm.lost() == 0
        ? null
        : "%,d streams lost (%s)".formatted(swarm.lost(), swarm.firstFailure());
  }

  private static String notOpened(Swarm swarm, int count) {
    return "%,d of %,d streams opened, %,d lost (%s)"
        .formatted(swarm.opened(), count, swarm.lost(), swarm.firstFailure());
  }

  /** The streams are closed: lets the server find out, which takes a write to each. */
  private void letGo(String topic) throws IOException {
    try (HttpPublisher http = publisher()) {
      for (int i = 0; i < 3; i++) {
        publishOne(http, topic, ++sequence, 0, 0);
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
      }
    }
    stopIfCrowded();
  }

  private String newTopic() {
    return "bench.t" + ++topics;
  }

  // ---- the server

  /** A running, warm server that has descriptors for so many more streams. */
  private void ensureServer(int streams) throws IOException {
    if (server == null || !server.alive()) {
      fresh(Launcher.DEFAULT_HEAP);
      warmUp();
    }
    if (streams + SPARE_FILES > Proc.fileLimit()) {
      throw new IOException("more than `ulimit -n` allows: " + Proc.fileLimit());
    }
  }

  /** Ends a server that has not noticed that its streams are gone, so that the next is not hurt. */
  private void stopIfCrowded() {
    if (!Swarm.await(() -> server.openFiles() < 2_000, 3, TimeUnit.SECONDS)) {
      stop();
    }
  }

  private void fresh(String heap) throws IOException {
    stop();
    server = launcher.start(subject, heap);
  }

  private void stop() {
    if (server != null) {
      server.close();
      server = null;
    }
  }

  /** Lets the JIT see each path before anything is measured. */
  private void warmUp() throws IOException {
    String topic = newTopic();
    int streams = Math.min(200, scale.streams());
    try (Swarm swarm = swarm();
        HttpPublisher http = publisher()) {
      String path = streamOf(topic);
      swarm.open(streams, i -> path, OPEN_WINDOW, false, scale.padding());
      opened(swarm, streams);
      for (int i = 0; i < (options.quick() ? 1 : 5); i++) {
        round(swarm, () -> publishAll(http, topic, 200, scale.padding(), 0));
        if (flavour.bursts()) {
          round(swarm, () -> burst(topic, 200, scale.padding(), 0).expectation());
        }
      }
    }
    try (HttpPublisher http = publisher()) {
      for (int i = 0; i < 3; i++) {
        publishOne(http, topic, ++sequence, 0, 0);
      }
    }
  }

  private HttpPublisher publisher() {
    return new HttpPublisher(server.port(), POST_MILLIS);
  }

  private long liveHeap() throws IOException {
    return server.isJvm() ? Proc.liveHeapBytes(options.javaHome(), server.pid()) : 0;
  }

  /**
   * Shares of one core.
   *
   * @param work the server's, without its compilers
   * @param compilers the JVM's, which have not ended by then
   */
  private record CoreShare(double work, double compilers) {}

  /** What the server uses during so many seconds. */
  private CoreShare coreShare(int seconds) {
    double before = server.cpuSeconds();
    Map<Path, Double> compilersBefore = server.compilerSeconds();
    LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(seconds));
    double compilers =
        server.compilerSeconds().entrySet().stream()
            .mapToDouble(e -> e.getValue() - compilersBefore.getOrDefault(e.getKey(), 0.0))
            .sum();
    return new CoreShare((server.cpuSeconds() - before - compilers) / seconds, compilers / seconds);
  }

  private String serverProblem(String otherwise) {
    if (server != null && server.ranOutOfMemory()) {
      return "OutOfMemoryError" + (otherwise == null ? "" : "; " + otherwise);
    }
    if (server != null && !server.alive()) {
      return "the server died" + (otherwise == null ? "" : "; " + otherwise);
    }
    return otherwise;
  }

  private long closedSince(Map<String, Long> before, String... reasons) {
    Map<String, Long> now = closedByReason();
    long closed = 0;
    for (String reason : reasons) {
      closed += now.getOrDefault(reason, 0L) - before.getOrDefault(reason, 0L);
    }
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
    return closed;
  }

  /** The library's count of closed clients; empty for the others. */
  private Map<String, Long> closedByReason() {
    Map<String, Long> closed = new HashMap<>();
    if (flavour != Flavour.STARCAST) {
      return closed;
    }
    try (HttpPublisher http = new HttpPublisher(server.port(), 5_000)) {
      String stats = http.get("/api/bench/stats").body();
      Matcher member = Pattern.compile("\"([a-z_]+)\":(\\d+)").matcher(stats);
      while (member.find()) {
        closed.put(member.group(1), Long.parseLong(member.group(2)));
      }
      closed.remove("clients");
    } catch (IOException e) {
      Bench.log(subject.id() + ": no statistics: " + e);
    }
    return closed;
  }

  private static long number(String json, String member) {
    Matcher value = Pattern.compile("\"" + member + "\":(\\d+)").matcher(json);
    if (!value.find()) {
      throw new IllegalStateException("no " + member + " in " + json);
    }
    return Long.parseLong(value.group(1));
  }

  private static String firstOf(String a, String b) {
    return a != null ? a : b;
  }

  /** The platform's broadcaster on RESTEasy lets events overtake each other: noted, not refused. */
  private boolean inOrder() {
    return flavour != Flavour.PLATFORM;
  }

  private void put(Figure rate, Figure cpu, Figure bytes, Round round) {
    put(rate, round.rate(), round);
    put(cpu, round.cpuMicrosPerDelivery(), round);
    put(bytes, round.bytesPerDelivery(), round);
  }

  private void put(Figure figure, double value, Round round) {
    double share = 100.0 * round.disorder() / Math.max(1, round.deliveries());
    String note = round.disorder() == 0 ? null : "%.1f %% out of order".formatted(share);
    put(figure, new Results.Cell(value, round.problem(), note));
  }

  private void put(Figure figure, double value) {
    put(figure, value, (String) null);
  }

  private void put(Figure figure, double value, String problem) {
    put(figure, new Results.Cell(value, problem, null));
  }

  private void put(Figure figure, Results.Cell cell) {
    results.put(figure, subject, cell);
    Bench.log(
        "  %s: %s%s"
            .formatted(
                figure.label(scale),
                figure.unit.text(cell.value()),
                (cell.note() == null ? "" : "; " + cell.note())
                    + (cell.problem() == null ? "" : " [" + cell.problem() + "]")));
  }
}
