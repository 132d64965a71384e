package org.starcast.internal.backplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.nats.client.Connection;
import io.nats.client.Message;
import io.nats.client.api.ServerInfo;
import io.nats.client.impl.Headers;
import io.nats.client.impl.NatsMessage;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.starcast.spi.BackplaneException;

/**
 * The flow of a {@link NatsOutbox} against a model of a broker, in random runs: connections are
 * lost with what is on its way in both directions, answers are lost or come in another order, the
 * broker is busy, says that it has something in process, and loses messages, as when its leader is
 * lost; it is away for a while, and forgets message ids.
 *
 * <p>Whatever happens: nothing is stored twice, or told as stored and is not, or told as certainly
 * not stored and is; by one connection all is sent in order, without a gap; behind an answer that
 * overtakes another nothing is sent; and when all is well again, everything is answered. Where the
 * broker itself loses nothing, and is away for longer than messages are on their way, what is
 * stored is in order.
 *
 * <p>{@code -Dstarcast.test.seed} repeats one run, {@code starcast.test.runs} multiplies them.
 */
class NatsOutboxModelTest {

  private static final int RUNS = 1_000;
  private static final int STEPS = 250;
  private static final long MILLIS = 1_000_000;
  private static final Duration WINDOW = Duration.ofSeconds(30);

  /** What is on its way when a connection ends, and what is in process, is settled by then. */
  private static final long UNDER_WAY_NANOS = Duration.ofSeconds(4).toNanos();

  private static final ServerInfo INFO =
      new ServerInfo("INFO {\"server_id\":\"s\",\"max_payload\":1000000}");

  @Test
  void nothingIsLostOrDoubledOrTurnedRound() {
    Long one = Long.getLong("starcast.test.seed");
    long runs = one == null ? (long) RUNS * Integer.getInteger("starcast.test.runs", 1) : 1;
    long first = one == null ? System.nanoTime() : one;
    for (long seed = first; seed < first + runs; seed++) {
      try {
        new Run(seed).run();
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError("repeat with -Dstarcast.test.seed=" + seed, e);
      }
    }
  }

  /** A message on its way to the broker. */
  private record Sent(int number, String id, String reply, long at) {}

  /** The broker has the id, but has not stored the message. */
  private record InProcess(Sent sent, long until, boolean stored) {}

  /** One connection, and what is on its way by it. */
  private static final class Wire {
    private final ArrayDeque<Sent> toBroker = new ArrayDeque<>();
    private final List<Message> toOutbox = new ArrayList<>();
    private final Connection connection;
    private boolean lost;

    Wire(Run run) {
      connection =
          (Connection)
              Proxy.newProxyInstance(
                  getClass().getClassLoader(),
                  new Class<?>[] {Connection.class},
                  (proxy, method, args) ->
                      switch (method.getName()) {
                        case "getServerInfo" -> INFO;
                        case "publish" -> {
                          String reply = (String) args[1];
                          run.published(this, reply, (Headers) args[2], (byte[]) args[3]);
                          yield null;
                        }
                        default -> throw new UnsupportedOperationException(method.getName());
                      });
    }
  }

  private static final class Run {
    private final Random random;
    private final boolean brokerFails;

    /** Else the broker refuses nothing because it is away, as while the stream has no leader. */
    private final boolean brokerLeaves;

    private final boolean timePasses;

    /** Else it is a publisher that reads nothing. */
    private final boolean isNode;

    /** In how many tenths of a second answers come, when all is well. */
    private final int slowness;

    private int settled;

    private final NatsOutbox outbox =
        new NatsOutbox(
            10_000, 1 << 30, Duration.ofHours(1), "", () -> refused = true, () -> this.now);
    private final List<CompletableFuture<Long>> results = new ArrayList<>();

    // the broker
    private final List<Sent> stream = new ArrayList<>();
    private final Map<String, Long> ids = new HashMap<>();
    private final Map<String, Long> stored = new HashMap<>();
    private final Map<String, InProcess> inProcess = new HashMap<>();
    private final List<Wire> wires = new ArrayList<>();

    private long now = 1;
    private boolean healthy;
    private boolean away;
    private int times;
    private boolean refused;
    private Wire wire;

    /** What was on its way when the broker came, or the outbox was told that it has left. */
    private Set<Object> early = Set.of();

    /** How far the node has followed the stream. */
    private int followed;

    private final Set<Integer> read = new HashSet<>();

    /** What was sent since the last time that the outbox was resumed, in that order. */
    private final Set<Integer> session = new LinkedHashSet<>();

    private final Map<Integer, Long> sentFirst = new HashMap<>();

    /** What was sent of it, and was not answered, before one that was. */
    private final Set<Integer> overtaken = new HashSet<>();

    Run(long seed) {
      random = new Random(seed);
      brokerFails = random.nextBoolean();
      brokerLeaves = random.nextBoolean();
      timePasses = random.nextInt(3) == 0;
      isNode = random.nextInt(3) != 0;
      slowness = 1 + random.nextInt(12);
    }

    boolean chance(int percent) {
      return !healthy && random.nextInt(100) < percent;
    }

    void run() {
      for (int step = 0; step < STEPS; step++) {
        step();
      }
      healthy = true;
      for (int step = 0; outbox.status(true, 0, 0).waiting() > 0; step++) {
        require(step < 2_000, "not all is answered at last");
        settle();
      }
      check();
    }

    private void step() {
      switch (random.nextInt(brokerLeaves ? 11 : 10)) {
        case 0, 1, 2 -> append();
        case 3, 4 -> broker(wire);
        case 5, 6 -> answer(chance(5) && !wires.isEmpty() ? any() : wire);
        case 7 -> follow(1 + random.nextInt(3));
        case 8 -> tick(random.nextInt(300) * MILLIS);
        case 10 -> leaveOrReturn();
        default -> {
          if (wire == null) {
            connect();
          } else if (chance(15)) {
            lose();
          } else if (chance(20) && !wires.isEmpty()) {
            // what was on its way when a connection was lost may come late
            broker(any());
          } else if (timePasses && chance(30)) {
            pass(Duration.ofSeconds(random.nextInt(40)).toNanos());
          }
        }
      }
    }

    /** All goes on. */
    private void settle() {
      if (wire == null || wire.lost) {
        lose();
        connect();
      }
      while (!wire.toBroker.isEmpty()) {
        broker(wire);
      }
      if (settled++ % slowness == 0) {
        while (!wire.toOutbox.isEmpty()) {
          answer(wire);
        }
      }
      if (away) {
        leaveOrReturn();
      }
      tick(100 * MILLIS);
    }

    /** One of the connections, the lost ones with them. */
    private Wire any() {
      return wires.get(random.nextInt(wires.size()));
    }

    private void append() {
      int number = results.size();
      NatsWire.Outgoing message =
          new NatsWire.Outgoing(
              "t", new Headers(), Integer.toString(number).getBytes(StandardCharsets.US_ASCII));
      results.add(null);
      results.set(number, outbox.append(message, null, false));
    }

    void published(Wire by, String reply, Headers headers, byte[] body) {
      assertThat(by).isSameAs(wire);
      if (by.lost) {
        throw new IllegalStateException("the connection has ended");
      }
      int number = Integer.parseInt(new String(body, StandardCharsets.US_ASCII));
      String id = headers.getFirst(NatsWire.MESSAGE_ID);
      require(overtaken.isEmpty(), number + " is sent behind what was overtaken");
      require(session.add(number), number + " is sent twice");
      for (int before = 0; before < number; before++) {
        require(
            session.contains(before) || isSettled(before), number + " is sent before " + before);
      }
      sentFirst.putIfAbsent(number, now);
      wire.toBroker.add(new Sent(number, id, reply, now));
    }

    /** Whether it is not to be sent: its result may be told in a moment only. */
    private boolean isSettled(int number) {
      Long first = sentFirst.get(number);
      boolean tooLate = first != null && now - first > WINDOW.minusSeconds(5).toNanos();
      return read.contains(number) || tooLate || results.get(number).isDone();
    }

    // ---- the broker

    private void broker(Wire by) {
      Sent sent = by == null ? null : by.toBroker.poll();
      if (sent == null) {
        return;
      }
      if (away) {
        say(by, sent, busy());
        return;
      }
      if (brokerFails && chance(5)) {
        return; // the leader is lost, and with it what it had
      }
      if (brokerFails && chance(3) && !ids.containsKey(sent.id)) {
        say(by, sent, busy());
        return;
      }
      if (brokerFails && chance(3) && !ids.containsKey(sent.id)) {
        inProcess.putIfAbsent(
            sent.id,
            new InProcess(sent, now + random.nextLong(UNDER_WAY_NANOS), random.nextBoolean()));
      }
      if (inProcess.containsKey(sent.id)) {
        say(by, sent, "{\"stream\":\"S\",\"seq\":0,\"duplicate\": true}");
        return;
      }
      store(sent);
      say(by, sent, "{\"stream\":\"S\",\"seq\":" + stored.get(sent.id) + "}");
    }

    /** Says how often it was away as well. */
    private String busy() {
      return "{\"error\":{\"code\":503,\"err_code\":10008,\"description\":\"" + times + "\"}}";
    }

    /** It is away, and there, for longer than messages are on their way. */
    private void leaveOrReturn() {
      if (early == null || wires.stream().anyMatch(this::hasEarly)) {
        return;
      }
      away = !away;
      if (away) {
        times++;
        early = null;
      } else {
        early = onTheirWay();
      }
    }

    private Set<Object> onTheirWay() {
      Set<Object> all = new HashSet<>();
      for (Wire each : wires) {
        all.addAll(each.toBroker);
        all.addAll(each.toOutbox);
      }
      return all;
    }

    private boolean hasEarly(Wire each) {
      return !Collections.disjoint(early, each.toBroker)
          || each == wire && !Collections.disjoint(early, each.toOutbox);
    }

    private void store(Sent sent) {
      if (!ids.containsKey(sent.id)) {
        stream.add(sent);
        ids.put(sent.id, now);
        stored.put(sent.id, (long) stream.size());
      }
    }

    private void say(Wire by, Sent sent, String json) {
      if (!by.lost && !chance(5)) {
        by.toOutbox.add(
            NatsMessage.builder()
                .subject(sent.reply)
                .data(json.getBytes(StandardCharsets.US_ASCII))
                .build());
      }
    }

    private void answer(Wire by) {
      if (by == null || by.toOutbox.isEmpty()) {
        return;
      }
      int at = chance(5) ? random.nextInt(by.toOutbox.size()) : 0;
      Message answer = by.toOutbox.remove(at);
      int number = number(answer.getSubject());
      String json = new String(answer.getData(), StandardCharsets.US_ASCII);
      boolean isOne = !json.contains("\"seq\":0");
      boolean open = !results.get(number).isDone();
      if (isOne && open && session.contains(number) && !outbox.isPaused()) {
        overtaken.clear();
        if (!json.contains("error")) {
          for (int sent : session) {
            if (sent == number) {
              break;
            }
            if (!isSettled(sent)) {
              overtaken.add(sent);
            }
          }
        }
      }
      if (away && early == null && open && json.equals(busy())) {
        early = onTheirWay();
      }
      // what it sends at once was checked by what was overtaken before
      outbox.answered(answer);
      overtaken.removeIf(sent -> results.get(sent).isDone());
      recover();
    }

    /** Numbers of the outbox begin with 1. */
    private int number(String subject) {
      return (int) OutboxEntry.numberOf(subject) - 1;
    }

    // ---- the node

    private void connect() {
      wire = new Wire(this);
      wires.add(wire);
      resume();
    }

    private void lose() {
      if (wire == null) {
        return;
      }
      wire.lost = true;
      if (healthy || random.nextBoolean()) {
        outbox.pause();
        wire = null;
      }
    }

    private void resume() {
      session.clear();
      overtaken.clear();
      if (isNode && outbox.isUncertain()) {
        outbox.pause();
        follow(Integer.MAX_VALUE);
      }
      outbox.resume(wire.connection, "_INBOX.", WINDOW, isNode);
    }

    /** Does what the node does when the broker was busy. */
    private void recover() {
      if (refused && wire != null) {
        refused = false;
        if (outbox.isPaused()) {
          resume();
        }
      }
    }

    private void follow(int most) {
      for (int i = 0; isNode && i < most && followed < stream.size(); i++) {
        Sent message = stream.get(followed++);
        read.add(message.number);
        outbox.read(new Headers().put(NatsWire.MESSAGE_ID, message.id), followed);
      }
    }

    private void tick(long nanos) {
      advance(nanos);
      if (wire != null && wire.lost) {
        outbox.pause();
        wire = null;
      }
      if (outbox.expire()) {
        resume();
      }
    }

    /** A while, in which nothing is on its way. */
    private void pass(long nanos) {
      for (Wire each : wires) {
        while (!each.toBroker.isEmpty()) {
          broker(each);
        }
      }
      advance(nanos);
    }

    private void advance(long nanos) {
      now += nanos;
      // none later than what keeps the outbox from sending it again by another id
      NavigableMap<Long, InProcess> due = new TreeMap<>();
      inProcess.values().stream()
          .filter(each -> each.until <= now && each.stored)
          .forEach(each -> due.put(each.until, each));
      due.values()
          .forEach(
              each -> {
                inProcess.remove(each.sent.id);
                store(each.sent);
              });
      ids.values().removeIf(at -> now - at > WINDOW.toNanos());
      wires.removeIf(each -> each != wire && each.toBroker.isEmpty());
      for (Wire each : wires) {
        Sent oldest = each.lost ? each.toBroker.peek() : null;
        if (oldest != null && now - oldest.at > UNDER_WAY_NANOS) {
          each.toBroker.clear();
        }
      }
    }

    // ---- what must be so

    private static void require(boolean right, String problem) {
      if (!right) {
        throw new AssertionError(problem);
      }
    }

    private void check() {
      Map<Integer, Long> places = new HashMap<>();
      for (int i = 0; i < stream.size(); i++) {
        int number = stream.get(i).number;
        require(places.put(number, i + 1L) == null, number + " is stored twice");
        boolean inOrder = i == 0 || stream.get(i - 1).number < number;
        require(inOrder || brokerFails || timePasses, number + " is not stored in order");
      }
      for (int number = 0; number < results.size(); number++) {
        Long place = places.get(number);
        try {
          Long told = results.get(number).getNow(0L);
          require(told.equals(place), number + " is at " + place + ", told was " + told);
        } catch (CompletionException e) {
          boolean unknown = ((BackplaneException) e.getCause()).isUnknown();
          require(unknown || place == null, number + " is stored, and told to have failed");
          require(timePasses || brokerFails && !isNode, number + " has failed");
        }
      }
      assertThat(outbox.status(true, 0, 0).waitingBytes()).isZero();
    }
  }
}
