package org.starcast.bench;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Named streams that all go on at the same time, each with a viewer or two, beside a chat whose
 * history is read back at the end. A twentieth of the viewers is cut off again and again, and comes
 * back behind the last event that it saw; in the middle some come who have seen nothing.
 */
final class NamedScenario {

  /**
   * The history of a chat's topic, which is to have all of its messages; and a quarter of the heap
   * for those of the streams, about four seconds of all of them: for viewers that are cut off,
   * where others go on reading.
   */
  static final String SETTINGS =
      "starcast.log.topics.\"chat.*\".events=1000\nstarcast.streams.total-bytes=134217728\n";

  /** Of so many streams one has a second viewer. */
  private static final int VIEWED_TWICE = 10;

  /** Of so many viewers one is cut off. */
  private static final int CUT_OFF = 20;

  /** Of so many streams one gets a viewer in the middle. */
  private static final int LATE = 50;

  private static final int MOST_EVENTS_TO_CUT = 250;
  private static final long MOST_NANOS_AWAY = TimeUnit.SECONDS.toNanos(1);
  private static final int CHAT_BEFORE = 200;
  private static final int CHAT_PER_SECOND = 10;
  private static final int WINDOW = 256;
  private static final long OPEN_SECONDS = 60;
  private static final long END_SECONDS = 60;
  private static final int POST_MILLIS = 300_000;

  /**
   * What came of it.
   *
   * @param delivered how much of what they were to get the viewers got that were there from the
   *     start, in percent
   * @param chat how much of the chat was read back, in percent
   * @param latencies of the viewers that nobody cut off, from the time when an item was due
   * @param cpuSeconds the server's processor time
   * @param items what all sources gave
   * @param mostResident the most resident memory of the server, in bytes
   * @param note how many connections were cut, and what those got who came late
   * @param problem what is wrong, or null
   */
  record Outcome(
      double delivered,
      double chat,
      Histogram latencies,
      double cpuSeconds,
      long items,
      long mostResident,
      String note,
      String problem) {}

  /** The numbers that the server answers. */
  private record Answer(long items, long late, long dropped, long failed) {
    static Answer of(String json) {
      return new Answer(
          number(json, "items"),
          number(json, "lateMillis"),
          number(json, "dropped"),
          number(json, "failed"));
    }

    private static long number(String json, String member) {
      Matcher value = Pattern.compile("\"" + member + "\":(\\d+)").matcher(json);
      if (!value.find()) {
        throw new IllegalStateException("no " + member + " in " + json);
      }
      return Long.parseLong(value.group(1));
    }
  }

  private final Server server;
  private final Flavour flavour;
  private final int driverThreads;
  private final String prefix;
  private final int count;
  private final int rate;
  private final int seconds;
  private final int padding;

  private Round.Expected chat = new Round.Expected(0, 0);
  private long mostResident;

  /**
   * One run.
   *
   * @param prefix of its topics, used once
   * @param count how many streams
   * @param rate items a second of each
   * @param padding characters of padding of items and messages
   */
  NamedScenario(
      Server server,
      Flavour flavour,
      int driverThreads,
      String prefix,
      int count,
      int rate,
      int seconds,
      int padding) {
    this.server = server;
    this.flavour = flavour;
    this.driverThreads = driverThreads;
    this.prefix = prefix;
    this.count = count;
    this.rate = rate;
    this.seconds = seconds;
    this.padding = padding;
  }

  private String path(int stream) {
    return "/api/bench/streams/" + prefix + "." + stream % count;
  }

  private String chatTopic() {
    return "chat." + prefix;
  }

  private Swarm swarm() {
    return new Swarm(server.port(), driverThreads);
  }

  Outcome run() throws IOException {
    int viewers = count + count / VIEWED_TWICE;
    int cutOff = viewers / CUT_OFF;
    int steadily = viewers - cutOff;
    try (Swarm steady = swarm();
        Swarm cut = swarm();
        Swarm late = swarm();
        HttpPublisher http = new HttpPublisher(server.port(), POST_MILLIS)) {
      for (int i = 0; i < CHAT_BEFORE; i++) {
        say(http);
      }
      // before the streams begin: viewers wait for them
      IntFunction<String> behind = i -> path(steadily + i);
      IntFunction<EventStream.Cuts> cuts =
          i -> new EventStream.Cuts(i, MOST_EVENTS_TO_CUT, MOST_NANOS_AWAY);
      steady.open(steadily, this::path, WINDOW, false, padding);
      cut.openCut(cutOff, behind, WINDOW, padding, cuts);
      awaitOpen(steady, steadily);
      awaitOpen(cut, cutOff);
      steady.reset();
      double cpu = server.cpuSeconds();
      Answer answer = runStreams(http, late);
      boolean all =
          Swarm.await(
              () ->
                  steady.done() + steady.lost() >= steadily
                      && cut.done() + cut.lost() >= cutOff
                      && late.done() + late.lost() >= late.streams().size(),
              END_SECONDS,
              TimeUnit.SECONDS);
      cpu = server.cpuSeconds() - cpu;
      Swarm.await(() -> false, 100, TimeUnit.MILLISECONDS); // a duplicate would come now
      steady.settle();
      cut.settle();
      late.settle();
      long expected = (long) viewers * rate * seconds;
      StringBuilder problem = new StringBuilder();
      add(problem, all ? null : "not all have the end");
      add(problem, problem(steady, "steady"));
      add(problem, problem(cut, "cut off"));
      add(problem, problemOfLate(late));
      if (answer.failed() > 0 || answer.dropped() > 0) {
        add(problem, answer.toString());
      }
      double read = readChat();
      add(problem, read == 100 ? null : "of the chat %.1f %% came".formatted(read));
      sample();
      return new Outcome(
          100.0 * (steady.events() + cut.events()) / expected,
          read,
          steady.latencies(),
          cpu,
          answer.items(),
          mostResident,
          note(cut, late, answer),
          problem.isEmpty() ? null : problem.toString());
    }
  }

  /** Has the server run the streams, and chats meanwhile. */
  private Answer runStreams(HttpPublisher http, Swarm late) throws IOException {
    String post =
        "/api/bench/streams?prefix=%s&count=%d&rate=%d&seconds=%d&size=%d"
            .formatted(prefix, count, rate, seconds, padding);
    CompletableFuture<HttpPublisher.Answer> answer = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try (HttpPublisher own = new HttpPublisher(server.port(), POST_MILLIS)) {
                answer.complete(own.post(post, HttpPublisher.FORM, ""));
              } catch (IOException | RuntimeException e) {
                answer.completeExceptionally(e);
              }
            },
            "streams-post");
    thread.setDaemon(true);
    thread.start();
    long start = System.nanoTime();
    for (int said = 1; !answer.isDone(); said++) {
      long due = start + said * TimeUnit.SECONDS.toNanos(1) / CHAT_PER_SECOND;
      for (long left = due - System.nanoTime();
          left > 0 && !answer.isDone();
          left = due - System.nanoTime()) {
        LockSupport.parkNanos(Math.min(left, 10_000_000));
      }
      if (said <= seconds * CHAT_PER_SECOND) {
        say(http);
      }
      if (said == seconds * CHAT_PER_SECOND / 2) {
        late.open(Math.max(1, count / LATE), i -> path(i * LATE), WINDOW, false, padding);
      }
      if (said % CHAT_PER_SECOND == 0) {
        sample();
      }
    }
    try {
      HttpPublisher.Answer given = answer.get();
      if (!given.ok()) {
        throw new IOException("streams answered " + given.status());
      }
      return Answer.of(given.body());
    } catch (ExecutionException e) {
      throw new IOException("streams: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private void sample() {
    mostResident = Math.max(mostResident, server.residentBytes());
  }

  private void say(HttpPublisher http) throws IOException {
    long key = chat.events() + 1;
    String data = "seq=" + key + " ts=" + System.nanoTime() + " " + "x".repeat(padding);
    HttpPublisher.Answer answer = flavour.publish(http, chatTopic(), data);
    if (!answer.ok()) {
      throw new IOException("publish answered " + answer.status());
    }
    chat = chat.plus(key);
  }

  /** The chat as two new clients get it: the latest messages, and all that is kept. */
  private double readChat() {
    String stream = flavour.streamPath(List.of(chatTopic()));
    try (Swarm readers = swarm()) {
      readers.open(
          2,
          i -> stream + (i == 0 ? "&history=" + chat.events() : "&lastEventId=earliest"),
          2,
          false,
          padding);
      long all = 2 * chat.events();
      Swarm.await(() -> readers.events() >= all, END_SECONDS, TimeUnit.SECONDS);
      Swarm.await(() -> readers.events() > all, 100, TimeUnit.MILLISECONDS);
      readers.settle();
      boolean right =
          readers.streams().stream()
              .allMatch(
                  s ->
                      s.events == chat.events()
                          && s.keySum == chat.keySum()
                          && s.disorder + s.gaps + s.malformed == 0);
      double share = 100.0 * readers.events() / all;
      return right ? share : Math.min(share, 99.9);
    }
  }

  private static void awaitOpen(Swarm swarm, int streams) throws IOException {
    if (!swarm.awaitOpen(streams, OPEN_SECONDS, TimeUnit.SECONDS)) {
      throw new IOException(
          "%,d of %,d viewers, %,d lost (%s)"
              .formatted(swarm.opened(), streams, swarm.lost(), swarm.firstFailure()));
    }
  }

  private static void add(StringBuilder problems, String problem) {
    if (problem != null) {
      problems.append(problems.isEmpty() ? "" : "; ").append(problem);
    }
  }

  /** Each has to have each item once, in order, and the end. */
  private String problem(Swarm swarm, String who) {
    Round.Expected expected = new Round.Expected(0, 0);
    for (int item = 1; item <= rate * seconds; item++) {
      expected = expected.plus(item);
    }
    long wrong = 0;
    long gaps = 0;
    long disorder = 0;
    long malformed = 0;
    long unended = 0;
    for (EventStream s : swarm.streams()) {
      wrong += s.events == expected.events() && s.keySum == expected.keySum() ? 0 : 1;
      gaps += s.gaps;
      disorder += s.disorder;
      malformed += s.malformed;
      unended += s.state == EventStream.State.DONE ? 0 : 1;
    }
    return wrong + gaps + disorder + malformed + unended == 0
        ? null
        : "%s: %,d wrong, %,d gaps, %,d out of order, %,d malformed, %,d without the end (%s)"
            .formatted(who, wrong, gaps, disorder, malformed, unended, swarm.firstFailure());
  }

  /**
   * Each has to have the items without a hole from one on, and be told if that is not the first.
   */
  private String problemOfLate(Swarm late) {
    long wrong =
        late.streams().stream()
            .filter(
                s ->
                    s.state != EventStream.State.DONE
                        || s.disorder + s.malformed > 0
                        || s.lastKey != (long) rate * seconds
                        || s.events != s.lastKey - s.firstKey + 1
                        || s.gaps != (s.firstKey == 1 ? 0 : 1))
            .count();
    return wrong == 0 ? null : "late: %,d wrong (%s)".formatted(wrong, late.firstFailure());
  }

  private String note(Swarm cut, Swarm late, Answer answer) {
    long cuts = cut.streams().stream().mapToLong(s -> s.cutOff).sum();
    long gaps = late.streams().stream().mapToLong(s -> s.gaps).sum();
    long before =
        late.streams().stream().mapToLong(s -> s.events).sum() / late.streams().size()
            - (long) rate * seconds / 2;
    return ("%,d connections cut; of %,d that came in the middle %,d were told of a gap, and had"
            + " some %,d items of before; a source was at most %,d ms late")
        .formatted(cuts, late.streams().size(), gaps, before, answer.late());
  }
}
