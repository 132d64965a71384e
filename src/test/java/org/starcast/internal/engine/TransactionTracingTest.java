package org.starcast.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.starcast.PublishResult;
import org.starcast.SseClient;
import org.starcast.SseMessage;
import org.starcast.internal.backplane.Answering;
import org.starcast.internal.backplane.MemoryStream;
import org.starcast.spi.Backplane;
import org.starcast.spi.BackplaneException;
import org.starcast.spi.OutgoingEvent;

/** Spans of what is stored in a transaction. */
class TransactionTracingTest {

  /** Stores, or does not. */
  private static final class Storing extends Answering implements Backplane.Transactional {
    private final List<String> calls;
    private final boolean fails;

    Storing(List<String> calls, boolean fails) {
      super(new MemoryStream().node());
      this.calls = calls;
      this.fails = fails;
    }

    @Override
    public void appendInTransaction(List<OutgoingEvent> envelopes) {
      calls.add("stored " + envelopes.size());
      if (fails) {
        throw new BackplaneException("full", false, null);
      }
    }

    @Override
    public void committed() {}
  }

  private record Recording(List<String> calls) implements Tracing {

    @Override
    public Object publishing(SseMessage message) {
      String topic = message.topics().get(0);
      calls.add("begins " + topic);
      return topic;
    }

    @Override
    public void published(Object span, PublishResult result) {
      calls.add((result == null ? "failed " : "ends ") + span);
    }

    @Override
    public Object context(Object span) {
      return null;
    }

    @Override
    public boolean deliveries() {
      return false;
    }

    @Override
    public Object delivering(SseClient client, List<Object> published) {
      return null;
    }

    @Override
    public void delivered(Object span) {}
  }

  private static SseMessage message(String topic) {
    return SseMessage.builder().topic(topic).data("x").build();
  }

  @Test
  void eachEventHasASpanThatEndsWhenAllAreStored() throws Exception {
    List<String> calls = new ArrayList<>();
    try (EngineFixture fixture =
        new EngineFixture(new Storing(calls, false), new Recording(calls), null)) {
      fixture.engine().publishInTransaction(List.of(message("a"), message("b")));
    }

    assertThat(calls).containsExactly("begins a", "begins b", "stored 2", "ends a", "ends b");
  }

  @Test
  void theSpansFailWithTheTransaction() throws Exception {
    List<String> calls = new ArrayList<>();
    try (EngineFixture fixture =
        new EngineFixture(new Storing(calls, true), new Recording(calls), null)) {
      assertThatThrownBy(() -> fixture.engine().publishInTransaction(List.of(message("a"))))
          .isInstanceOf(BackplaneException.class);
    }

    assertThat(calls).containsExactly("begins a", "stored 1", "failed a");
  }
}
