package org.starcast.internal.backplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.starcast.spi.Backplane;
import org.starcast.spi.OutgoingEvent;
import org.starcast.spi.StoredEvent;

/** A node that writes down what it is told, and what it must never be told. */
public final class RecordingReceiver implements Backplane.Receiver {

  /** One call, of {@code began}, {@code received}, {@code missed} or {@code commanded}. */
  public record Call(String kind, String epoch, long sequence, String text, StoredEvent event) {

    /** The kind, the place and the data, by which nodes can be compared. */
    String line() {
      return kind + " " + epoch + "-" + sequence + " " + text;
    }
  }

  private final List<Call> calls = new ArrayList<>();
  private final List<String> wrong = new ArrayList<>();
  private final List<OutgoingEvent> envelopes = new ArrayList<>();
  private final AtomicInteger inside = new AtomicInteger();
  private List<? extends StoredEvent> states = List.of();
  private List<StoredEvent> kept = List.of();
  private String epoch;
  private long last;

  @Override
  public void began(String epoch, long after, List<? extends StoredEvent> states) {
    enter();
    synchronized (this) {
      check(epoch.matches("[a-z0-9]{1,24}"), "epoch " + epoch);
      check(!epoch.equals(this.epoch), "the same epoch began twice");
      this.epoch = epoch;
      this.last = after;
      this.states = states;
      calls.add(new Call("began", epoch, after, "", null));
    }
    inside.decrementAndGet();
  }

  @Override
  public void received(StoredEvent event, OutgoingEvent envelope) {
    enter();
    synchronized (this) {
      rises(event.sequence());
      check(envelope.topics().equals(event.topics()), "another envelope");
      envelopes.add(envelope);
      String id = field("id", event);
      check(id.equals(epoch + "-" + event.sequence()), "id " + id + " of " + event.sequence());
      calls.add(new Call("received", epoch, event.sequence(), field("data", event), event));
    }
    inside.decrementAndGet();
  }

  @Override
  public void missed(long upTo) {
    enter();
    synchronized (this) {
      rises(upTo);
      calls.add(new Call("missed", epoch, upTo, "", null));
    }
    inside.decrementAndGet();
  }

  @Override
  public void commanded(long sequence, String type, byte[] body) {
    enter();
    synchronized (this) {
      String text = type + ":" + new String(body, StandardCharsets.UTF_8);
      check(sequence >= last, sequence + " came after " + last);
      last = sequence;
      calls.add(new Call("commanded", epoch, sequence, text, null));
    }
    inside.decrementAndGet();
  }

  @Override
  public synchronized List<? extends StoredEvent> states() {
    return kept;
  }

  /** From now on these are the latest events of topics to retain. */
  public synchronized void keep(List<StoredEvent> latest) {
    kept = List.copyOf(latest);
  }

  /** The lines of a field of a frame. */
  static String field(String name, StoredEvent event) {
    return new String(event.bytes(), 0, event.length(), StandardCharsets.UTF_8)
        .lines()
        .filter(line -> line.startsWith(name + ": "))
        .map(line -> line.substring(name.length() + 2))
        .collect(Collectors.joining("\n"));
  }

  private void enter() {
    if (inside.incrementAndGet() != 1) {
      synchronized (this) {
        wrong.add("called by two threads at a time");
      }
    }
  }

  private void rises(long sequence) {
    check(epoch != null, "nothing had begun");
    check(sequence > last, sequence + " came after " + last);
    last = sequence;
  }

  private void check(boolean right, String problem) {
    if (!right) {
      wrong.add(problem);
    }
  }

  public synchronized List<Call> calls() {
    assertThat(wrong).isEmpty();
    return List.copyOf(calls);
  }

  public List<Call> calls(String kind) {
    return calls().stream().filter(call -> call.kind.equals(kind)).toList();
  }

  /** The data of the events. */
  public List<String> data() {
    return calls("received").stream().map(Call::text).toList();
  }

  /** The epochs that began. */
  public List<String> epochs() {
    return calls("began").stream().map(Call::epoch).toList();
  }

  public synchronized List<? extends StoredEvent> states(int began) {
    return states;
  }

  public synchronized List<OutgoingEvent> envelopes() {
    return List.copyOf(envelopes);
  }

  public synchronized long last() {
    return last;
  }

  /** Waits until there are so many events. */
  public void awaitEvents(int count) {
    // a number, as a failure would print all that there are
    Awaitility.await()
        .atMost(java.time.Duration.ofSeconds(60))
        .until(() -> calls("received").size(), received -> received >= count);
  }
}
