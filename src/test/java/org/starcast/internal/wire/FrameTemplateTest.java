package org.starcast.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starcast.testing.EventStreamParser;
import org.starcast.testing.ReceivedEvent;

class FrameTemplateTest {

  @Test
  void endsWithTheIdLine() {
    FrameTemplate draft = SseFormat.draft("order", Duration.ofSeconds(1), "one\ntwo", "by hand");
    String body = ": by hand\nevent: order\nretry: 1000\ndata: one\ndata: two\n";
    assertThat(draft.bodyLength()).isEqualTo(body.length());
    byte[] bytes = draft.bytes();
    int length = draft.finish("k3v9x0aq", 42);
    assertThat(draft.bytes()).isSameAs(bytes);
    assertThat(new String(bytes, 0, length, StandardCharsets.UTF_8))
        .isEqualTo(body + "id: k3v9x0aq-42\n\n");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 9, 10, 99, 100, 999_999_999_999_999_999L, 1L << 62, Long.MAX_VALUE})
  void writesEverySequence(long sequence) {
    String epoch = "e".repeat(FrameTemplate.MAX_EPOCH_LENGTH);
    // the room is tightest where the frame is cut to its size, as that of one long line among few
    String longLine = "\n" + "x".repeat(20_000);
    for (String data : List.of("", "a", "a\n".repeat(10), "é".repeat(5000), longLine)) {
      FrameTemplate draft = SseFormat.draft(null, null, data, null);
      int length = draft.finish(epoch, sequence);
      EventStreamParser parser = new EventStreamParser().feed(draft.bytes(), 0, length);
      assertThat(parser.events())
          .containsExactly(
              new ReceivedEvent("message", RoundTripTest.normalised(data), epoch + "-" + sequence));
    }
  }

  @Test
  void aFrameWithoutDataStillMovesTheId() {
    FrameTemplate draft = SseFormat.draft(null, null, null, "only a comment");
    int length = draft.finish("e", 3);
    EventStreamParser parser = new EventStreamParser().feed(draft.bytes(), 0, length);
    assertThat(parser.events()).isEmpty();
    assertThat(parser.lastEventId()).isEqualTo("e-3");
  }

  @Test
  void aFrameCutAnywhereDoesNotAcknowledgeItself() {
    FrameTemplate draft = SseFormat.draft("order", null, "one\ntwo", null);
    int length = draft.finish("e", 3);
    for (int cut = 0; cut < length; cut++) {
      EventStreamParser parser = new EventStreamParser().feed(draft.bytes(), 0, cut);
      assertThat(parser.lastEventId()).as("cut at %s", cut).isEmpty();
    }
  }

  @Test
  void isFinishedOnce() {
    FrameTemplate draft = SseFormat.draft(null, null, "a", null);
    int length = draft.finishWithoutId();
    assertThat(new String(draft.bytes(), 0, length, StandardCharsets.UTF_8))
        .isEqualTo("data: a\n\n");
    assertThatIllegalStateException().isThrownBy(() -> draft.finish("e", 1));
    assertThatIllegalStateException().isThrownBy(draft::finishWithoutId);
    assertThat(new String(draft.bytes(), 0, length, StandardCharsets.UTF_8))
        .isEqualTo("data: a\n\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1234567890123456789012345", "a b", "a\n", "é", "\0", "\u007F"})
  void refusesEpochsThatDoNotFit(String epoch) {
    FrameTemplate draft = SseFormat.draft(null, null, "a", null);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> draft.finish(epoch, 1))
        .withMessageStartingWith("epoch: must be ");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> draft.finish("e", -1))
        .withMessageStartingWith("sequence: ");
    assertThat(draft.finish("e", 1)).isEqualTo("data: a\nid: e-1\n\n".length());
  }
}
