package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.starcast.internal.engine.EngineFixture.until;

import java.util.List;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.starcast.Subscription;
import org.starcast.internal.cdi.LogCapture;
import org.starcast.internal.engine.EngineFixture.Stream;

/** What the log says of topics that nobody is subscribed to. */
class UnheardTopicsTest {

  private final Logger logger = Logger.getLogger(UnheardTopics.class.getName());
  private LogCapture log;

  @BeforeEach
  void listen() {
    logger.setLevel(Level.FINE);
    log = new LogCapture(UnheardTopics.class);
  }

  @AfterEach
  void stop() {
    log.close();
    logger.setLevel(null);
  }

  private List<String> said(Level level) {
    return log.records().stream()
        .filter(record -> record.getLevel() == level)
        .map(LogRecord::getMessage)
        .toList();
  }

  @Test
  void aTopicThatNobodyIsSubscribedToIsLoggedOnceAndWhoseSubscriptionIsNearlyIt() {
    try (EngineFixture fixture = new EngineFixture()) {
      fixture.connect(Subscription.to("stock.*", "order.*"));
      fixture.publish("order.created", "x");
      fixture.publish("unlike.any", "x");
      fixture.publish("orders.created", "x");
      fixture.publish("orders.created", "x");

      assertThat(said(Level.FINE))
          .satisfiesExactly(
              first -> assertThat(first).contains("nobody is subscribed to [unlike.any]"),
              second -> assertThat(second).contains("nobody is subscribed to [orders.created]"));
      until(() -> !said(Level.INFO).isEmpty());
    }
    assertThat(said(Level.INFO))
        .containsExactly(
            "STARCAST-1068: nobody is subscribed to orders.created, but there is a client of"
                + " order.*: looks mistyped");
  }

  @Test
  void aHundredTopicsAreLookedAtCloselyAndNoMore() {
    try (EngineFixture fixture = new EngineFixture(Runnable::run)) {
      fixture.connect(Subscription.to("Topic.*"));
      for (int i = 0; i < 150; i++) {
        fixture.publish("topic." + i, "x");
      }
      assertThat(said(Level.FINE)).hasSize(150);
      assertThat(said(Level.INFO)).hasSize(100);
    }
  }

  @Test
  void aTopicIsComparedWithAThousandPatternsAndNoMore() {
    int most = 1_000;
    try (EngineFixture fixture =
        new EngineFixture(Runnable::run, "max-patterns-per-client", "" + (most + 1))) {
      Subscription unlike = Subscription.none();
      for (int i = 1; i < most; i++) {
        unlike = unlike.topic("unlike-" + i);
      }
      Stream client = fixture.connect(unlike.topic("Topic.*"));
      fixture.publish("topic.1", "x");
      assertThat(said(Level.INFO)).hasSize(1);
      client.client().close();
      client.awaitClosed();
      until(() -> fixture.engine().count() == 0);
      fixture.connect(unlike.topic("one-more").topic("Topic.*"));
      fixture.publish("topic.2", "x");
      assertThat(said(Level.FINE)).hasSize(2);
      assertThat(said(Level.INFO)).hasSize(1);
    }
  }
}
