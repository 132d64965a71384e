package org.starcast.internal.topic;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Patterns that were meant to match. */
class NearMissTest {

  @ParameterizedTest
  @CsvSource({
    "Orders.*, orders.created, differs in case",
    "orders.*, orders.Created.Eu, ",
    "orders.created, Orders.Created, differs in case",
    "orders.*, orders/created, segments are joined by dots",
    "orders-created, orders.created, segments are joined by dots",
    "orders:*, orders.created, segments are joined by dots",
    "user.+, user.profile.updated, '''+'' is one segment, ''*'' would be one or more'",
    "user.+.done, user.profile.updated.done, '''+'' is one segment, ''*'' would be one or more'",
    "user.login, user.login.failed, the topic has one segment more",
    "orders.*, orders, the topic has one segment less",
    "orders.created.*, orders.created, the topic has one segment less",
    "shop.orders.created, orders.created, the topic has one segment less",
    "order.*, orders.created, looks mistyped",
    "orders.craeted, orders.created, looks mistyped",
    "*.created, orders.create, looks mistyped",
    "check.order.*, check.orders.created, looks mistyped",
    "user.42.*, user.43.login, ",
    "check.stock.*, check.orders.created, ",
    "user.*.login, user.login, the topic has one segment less",
    "orders.deleted, orders.created, ",
    "chat.room-42, chat.room-43, ",
    "news, orders.created, ",
    "a.b, a.c, ",
    "*, orders.created, ",
    "orders.*, orders.created, "
  })
  void saysWhatIsTheMatter(String pattern, String topic, String reason) {
    assertThat(NearMiss.of(pattern, topic).orElse(null)).isEqualTo(reason);
  }

  /**
   * What is looked for is no pattern at times: too many segments, too long, or a word of others.
   */
  @ParameterizedTest
  @CsvSource({
    "t.1-2-3-4-5.p.1-2-3-4-5.k.1-2-3-4-5, orders.created",
    "ANY.x, orders.created",
    "orders.*, ANY",
    "**-a, orders.created"
  })
  void whatCanBeNoPatternIsNoMistake(String pattern, String topic) {
    assertThat(NearMiss.of(pattern, topic)).isEmpty();
  }

  @Test
  void theLargestPatternsAndTopicsTakeLittle() {
    String pattern = ("a".repeat(14) + "*.").repeat(15) + "b".repeat(15);
    String topic = ("a".repeat(15) + ".").repeat(15) + "c".repeat(15);
    String literal = ("a".repeat(14) + "d.").repeat(15) + "b".repeat(15);
    Assertions.assertTimeoutPreemptively(
        Duration.ofMinutes(1),
        () -> {
          assertThat(NearMiss.of(pattern, topic)).isEmpty();
          assertThat(NearMiss.of(literal, topic)).isEmpty();
        });
  }
}
