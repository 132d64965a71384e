package org.starcast.internal.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.starcast.spi.StoredEvent;

class EventLogTest {

  private static StoredEvent event(long sequence, long time, int bytes) {
    return new StoredEvent(
        sequence, time, List.of("t." + sequence % 3), null, List.of(), new byte[bytes], bytes);
  }

  private static EventLog<StoredEvent> log(int maxEvents, long maxBytes, long maxAge) {
    return new EventLog<>(0, maxEvents, maxBytes, maxAge);
  }

  @Test
  void itsCountIsBounded() {
    EventLog<StoredEvent> log = log(10, Long.MAX_VALUE, 0);
    for (int i = 1; i <= 25; i++) {
      log.append(event(i, 0, 10));
    }

    assertThat(log.head() - log.tail()).isEqualTo(10);
    assertThat(log.at(log.tail()).sequence()).isEqualTo(16);
    assertThat(log.at(log.head() - 1).sequence()).isEqualTo(25);
    assertThat(log.evicted()).isEqualTo(15);
    assertThat(log.last()).isEqualTo(25);
    assertThat(log.at(log.tail() - 1)).isNull();
    assertThat(log.at(log.head())).isNull();
  }

  @Test
  void itsBytesAreBoundedButTheNewestEventStays() {
    EventLog<StoredEvent> log = log(100, 10_000, 0);
    for (int i = 1; i <= 50; i++) {
      log.append(event(i, 0, 1000));
      assertThat(log.bytes()).isLessThanOrEqualTo(10_000);
    }
    assertThat(log.head() - log.tail()).isEqualTo(7);

    log.append(event(51, 0, 50_000));

    assertThat(log.head() - log.tail()).isEqualTo(1);
    assertThat(log.at(log.tail()).sequence()).isEqualTo(51);
    assertThat(log.evicted()).isEqualTo(50);
  }

  @Test
  void itsBytesAreThoseOfTheEventsThatItHasAndMayReachTheBound() {
    int weight = event(1, 0, 1000).weight();
    EventLog<StoredEvent> log = log(100, 3L * weight, 0);
    for (int i = 1; i <= 3; i++) {
      log.append(event(i, 0, 1000));
      assertThat(log.bytes()).isEqualTo((long) i * weight);
    }

    log.append(event(4, 0, 1000));

    assertThat(log.bytes()).isEqualTo(3L * weight);
    assertThat(log.evicted()).isEqualTo(1);
  }

  @Test
  void whatIsEvictedIsNotHeldAnyMore() {
    EventLog<StoredEvent> log = log(100, 10_000, 0);
    WeakReference<StoredEvent> first = appended(log, event(1, 0, 1000));

    log.append(event(2, 0, 50_000));

    await()
        .untilAsserted(
            () -> {
              System.gc();
              assertThat(first.get()).isNull();
            });
    assertThat(log.last()).isEqualTo(2);
  }

  private static WeakReference<StoredEvent> appended(EventLog<StoredEvent> log, StoredEvent event) {
    log.append(event);
    return new WeakReference<>(event);
  }

  @Test
  void anEventIsKeptUpToItsAge() {
    EventLog<StoredEvent> log = log(100, Long.MAX_VALUE, 1_000);
    log.expire(5_000);
    log.append(event(1, 1_000, 1));

    log.expire(2_000);
    assertThat(log.at(log.tail()).sequence()).isEqualTo(1);

    log.expire(2_001);
    assertThat(log.tail()).isEqualTo(log.head());
    assertThat(log.evicted()).isEqualTo(1);

    log.expire(9_000);
    assertThat(log.evicted()).isEqualTo(1);
  }

  @Test
  void topicsSenderAndExceptedClientsCount() {
    EventLog<StoredEvent> log = log(10_000, 1 << 20, 0);
    long characters = 0;
    for (int i = 1; i <= 1_000; i++) {
      List<String> topics = List.of(("t" + i).repeat(20), ("u" + i).repeat(20));
      List<String> except = List.of(("c" + i).repeat(20));
      String sender = ("s" + i).repeat(20);
      StoredEvent event = new StoredEvent(i, 0, topics, sender, except, new byte[10], 10);
      characters = topics.get(0).length() * 4L;
      assertThat(event.weight()).isGreaterThanOrEqualTo((int) (2 * characters));
      log.append(event);
    }
    assertThat(log.bytes()).isLessThanOrEqualTo(1 << 20);
    assertThat((log.head() - log.tail()) * characters * 2).isLessThan(1 << 20);
  }

  @Test
  void itsAgeIsBounded() {
    EventLog<StoredEvent> log = log(100, Long.MAX_VALUE, 1000);
    log.append(event(1, 5_000, 1));
    log.append(event(2, 5_500, 1));
    log.append(event(3, 6_200, 1));

    assertThat(log.evicted()).isEqualTo(1);

    log.expire(7_300);

    assertThat(log.tail()).isEqualTo(log.head());
    assertThat(log.evicted()).isEqualTo(3);
    assertThat(log.bytes()).isZero();
  }

  @Test
  void positionsAreFoundBySequenceAlsoWhereSomeAreLeftOut() {
    EventLog<StoredEvent> log = log(8, Long.MAX_VALUE, 0);
    for (long sequence : new long[] {1, 2, 5, 9, 10, 11, 20, 21, 22, 30}) {
      log.append(event(sequence, 0, 1));
    }

    assertThat(log.at(log.positionAfter(5)).sequence()).isEqualTo(9);
    assertThat(log.at(log.positionAfter(12)).sequence()).isEqualTo(20);
    assertThat(log.positionAfter(0)).isEqualTo(log.tail());
    assertThat(log.positionAfter(30)).isEqualTo(log.head());
    assertThat(log.positionAfter(99)).isEqualTo(log.head());
  }

  @Test
  void theLastThatMatchAreFound() {
    EventLog<StoredEvent> log = log(100, Long.MAX_VALUE, 0);
    for (int i = 1; i <= 30; i++) {
      log.append(event(i, 0, 1));
    }

    long position = log.positionOfLast(4, event -> event.topics().contains("t.0"));

    assertThat(log.at(position).sequence()).isEqualTo(21);
    assertThat(log.positionOfLast(0, event -> true)).isEqualTo(log.head());
    assertThat(log.positionOfLast(99, event -> true)).isEqualTo(log.tail());
    assertThat(log.positionOfLast(3, event -> false)).isEqualTo(log.head());
  }

  /** What a reader gets is the events in their order, whole, or nothing. */
  @RepeatedTest(20)
  void readersNeverSeeAnEventOutOfItsPlace() {
    EventLog<StoredEvent> log = log(16, Long.MAX_VALUE, 0);
    AtomicBoolean done = new AtomicBoolean();
    CompletableFuture<Long> reader =
        CompletableFuture.supplyAsync(
            () -> {
              Random random = new Random(7);
              long read = 0;
              while (!done.get() || read == 0) {
                long position = Math.max(0, log.head() - random.nextInt(40));
                StoredEvent event = log.at(position);
                if (event != null) {
                  assertThat(event.sequence()).isEqualTo(position + 1);
                  read++;
                }
              }
              return read;
            });
    for (int i = 1; i <= 100_000; i++) {
      log.append(event(i, 0, 1));
    }
    done.set(true);

    assertThat(reader.join()).isPositive();
  }
}
