package org.starcast.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.starcast.SseMessage;
import org.starcast.Subscription.LineSeparator;
import org.starcast.testing.EventStreamParser;
import org.starcast.testing.EventStreamParser.Comment;
import org.starcast.testing.ReceivedEvent;

class SseFormatTest {

  @Test
  void writesTheFieldsInOrder() {
    assertThat(
            text(SseFormat.encode("order", "17", Duration.ofMillis(1500), "one\ntwo", "by\nhand")))
        .isEqualTo(": by\n: hand\nevent: order\nid: 17\nretry: 1500\ndata: one\ndata: two\n\n");
  }

  static Stream<Arguments> data() {
    return Stream.of(
        arguments("", "data: \n\n"),
        arguments("a", "data: a\n\n"),
        arguments(" a", "data:  a\n\n"),
        arguments("data: x", "data: data: x\n\n"),
        arguments(": x", "data: : x\n\n"),
        arguments("\n", "data: \ndata: \n\n"),
        arguments("\r\n", "data: \ndata: \n\n"),
        arguments("\n\r", "data: \ndata: \ndata: \n\n"),
        arguments("\r\r\n\n", "data: \ndata: \ndata: \ndata: \n\n"),
        arguments("a\n\nb", "data: a\ndata: \ndata: b\n\n"),
        arguments("a\n", "data: a\ndata: \n\n"),
        arguments("a\r", "data: a\ndata: \n\n"),
        arguments("a\r\nb\rc\nd", "data: a\ndata: b\ndata: c\ndata: d\n\n"),
        arguments("0123456\r\nb", "data: 0123456\ndata: b\n\n"),
        arguments("01234567\r\n8", "data: 01234567\ndata: 8\n\n"),
        arguments(
            "\ta\u000Bb\u000Cc\u000Ed\u001Fe\n",
            "data: \ta\u000Bb\u000Cc\u000Ed\u001Fe\ndata: \n\n"),
        arguments("a\0b", "data: a\uFFFDb\n\n"),
        arguments("a\uD800b", "data: a\uFFFDb\n\n"),
        arguments("a?\uDC00?", "data: a?\uFFFD?\n\n"),
        arguments("é\uD83D", "data: é\uFFFD\n\n"),
        arguments("\uD83D\uD83D\uDE00\uDE00", "data: \uFFFD😀\uFFFD\n\n"),
        arguments("\uFEFFa", "data: \uFEFFa\n\n"),
        arguments("a\u2028b\u2029c\u0085d", "data: a\u2028b\u2029c\u0085d\n\n"),
        arguments("aé漢😀\uFFFF", "data: aé漢😀\uFFFF\n\n"));
  }

  @ParameterizedTest
  @CsvSource({"LF,\\n", "CRLF,\\r\\n", "CR,\\r"})
  void endsLinesAsAskedFor(LineSeparator separator, String escaped) {
    byte[] frames = "..data: a\ndata: b\n\n: \n\n..".getBytes(StandardCharsets.UTF_8);

    byte[] written = SseFormat.withSeparator(separator.characters(), frames, 2, frames.length - 4);

    assertThat(text(written))
        .isEqualTo("data: a\ndata: b\n\n: \n\n".replace("\n", escaped.translateEscapes()));
    assertThat(new EventStreamParser().feed(written, 0, written.length).take())
        .containsExactlyElementsOf(
            new EventStreamParser().feed(frames, 2, frames.length - 4).take());
  }

  @ParameterizedTest
  @MethodSource("data")
  void writesDataByteForByte(String data, String frame) {
    assertThat(text(SseFormat.encode(null, null, null, data, null))).isEqualTo(frame);
  }

  @ParameterizedTest
  @MethodSource("data")
  void aDraftHasTheSameData(String data, String frame) {
    FrameTemplate draft = SseFormat.draft(null, null, data, null);
    int length = draft.finishWithoutId();
    assertThat(text(Arrays.copyOf(draft.bytes(), length))).isEqualTo(frame);
  }

  @Test
  void takesAnyCharSequence() {
    assertThat(SseFormat.encode(null, null, null, new StringBuilder("a\nb"), null))
        .isEqualTo(SseFormat.encode(null, null, null, CharBuffer.wrap("a\nb"), null))
        .isEqualTo(SseFormat.encode(null, null, null, "a\nb", null));
  }

  @Test
  void findsSpecialCharactersAtEveryPlaceOfAWord() {
    for (int length = 1; length < 40; length++) {
      for (int at = 0; at < length; at++) {
        for (String special :
            List.of("\n", "\r", "\r\n", "\0", "\u000E", "\t", "\u0080", "\uD800")) {
          String data = "x".repeat(at) + special + "\u000E" + "y".repeat(length - at);
          assertThat(parse(SseFormat.encode(null, null, null, data, null)).events())
              .as("%s at %s of %s", special, at, length)
              .containsExactly(new ReceivedEvent("message", RoundTripTest.normalised(data), ""));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\rid: 1",
        "\ndata: x",
        "\ndata:",
        "\r\n\r\nevent: owned\ndata: x\n\n",
        "\n\nretry: 1\n\n",
        "x\n:",
        "\u2028id: 1\u2028\u2028",
        "\u0085event: owned",
        "\uFEFFid: 1",
        "x\r",
        "x\n\n\n",
        "\0\nid: 1"
      })
  void neitherDataNorCommentsStartAFieldOfTheirOwn(String text) {
    EventStreamParser parser = new EventStreamParser();
    parser.feed(SseFormat.encode("first", "7", null, text, text));
    parser.feed(SseFormat.encode(null, null, null, "next", null));
    assertThat(parser.events())
        .containsExactly(
            new ReceivedEvent("first", RoundTripTest.normalised(text), "7"),
            new ReceivedEvent("message", "next", "7"));
    assertThat(parser.comments().stream().map(Comment::text))
        .containsExactly(RoundTripTest.normalised(text).split("\n", -1));
    assertThat(parser.retries()).isEmpty();
  }

  @Test
  void aCarriageReturnAtTheEndLeavesTheNextFrameAlone() {
    byte[] frame = SseFormat.encode(null, null, null, "a\r", null);
    EventStreamParser parser = new EventStreamParser().feed(frame).feed(frame);
    assertThat(parser.events())
        .containsExactly(
            new ReceivedEvent("message", "a\n", ""), new ReceivedEvent("message", "a\n", ""));
  }

  @Test
  void aByteOrderMarkSurvivesAtTheStartOfAStream() {
    for (byte[] frame :
        List.of(
            SseFormat.encode(null, null, null, "\uFEFFa", null),
            SseFormat.encode("\uFEFFa", null, null, "\uFEFFa", null))) {
      assertThat(frame[0]).isPositive();
      assertThat(parse(frame).events().get(0).data()).isEqualTo("\uFEFFa");
    }
  }

  @Test
  void carriesAMegabyteOfOneLine() {
    for (String unit : List.of("x", "é", "漢")) {
      String data = unit.repeat(1 << 20);
      byte[] frame = SseFormat.encode(null, null, null, data, null);
      assertThat(frame).hasSize(6 + data.getBytes(StandardCharsets.UTF_8).length + 2);
      assertThat(parse(frame).events()).containsExactly(new ReceivedEvent("message", data, ""));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r", "\r\n", "\0", "\n\0"})
  void carriesAHundredThousandOf(String unit) {
    String data = unit.repeat(100_000);
    assertThat(parse(SseFormat.encode(null, null, null, data, null)).events())
        .containsExactly(new ReceivedEvent("message", RoundTripTest.normalised(data), ""));
    FrameTemplate draft = SseFormat.draft("x", null, data, null);
    assertThat(draft.bytes().length - draft.bodyLength())
        .as("unused bytes")
        .isLessThan(draft.bodyLength() / 8 + 200);
  }

  @Test
  void dataIsCopiedBeforeTheMethodReturns() {
    StringBuilder data = new StringBuilder("before");
    FrameTemplate draft = SseFormat.draft(null, null, data, null);
    data.replace(0, 6, "behind");
    assertThat(text(draft.bytes())).startsWith("data: before\n");
  }

  @Test
  void writesComments() {
    assertThat(text(SseFormat.comment(""))).isEqualTo(":\n\n");
    assertThat(text(SseFormat.comment("a"))).isEqualTo(": a\n\n");
    assertThat(text(SseFormat.comment(" a\r\n\r:b\n"))).isEqualTo(":  a\n:\n: :b\n:\n\n");
    assertThat(text(SseFormat.comment("\0\uD800\n\0"))).isEqualTo(": \uFFFD\uFFFD\n: \uFFFD\n\n");
    assertThatNullPointerException().isThrownBy(() -> SseFormat.comment(null));
  }

  @Test
  void writesRetryInWholeMilliseconds() {
    assertThat(text(SseFormat.retry(Duration.ofSeconds(3)))).isEqualTo("retry: 3000\n\n");
    assertThat(text(SseFormat.retry(Duration.ofNanos(1_999_999)))).isEqualTo("retry: 1\n\n");
    assertThat(text(SseFormat.retry(Duration.ZERO))).isEqualTo("retry: 0\n\n");
    assertThat(text(SseFormat.retry(Duration.ofHours(24)))).isEqualTo("retry: 86400000\n\n");
    assertThatNullPointerException().isThrownBy(() -> SseFormat.retry(null));
  }

  @Test
  void refusesRetryOutOfBounds() {
    for (Duration retry : List.of(Duration.ofNanos(-1), Duration.ofHours(24).plusNanos(1))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> SseFormat.checkRetry(retry))
          .withMessageStartingWith("retry: must be 0 to 24 hours");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> SseFormat.draft(null, retry, "x", null));
    }
    assertThat(SseFormat.checkRetry(Duration.ofNanos(1_999_999))).isEqualTo(Duration.ofMillis(1));
  }

  @Test
  void takesFieldsOfUpTo256Characters() {
    for (String value : List.of("a", "a".repeat(256), "漢".repeat(256), " a: ", "\uFEFF😀", "\t")) {
      assertThat(SseFormat.checkField("event", value)).isSameAs(value);
      assertThat(parse(SseFormat.encode(value, value, null, "x", null)).events())
          .containsExactly(new ReceivedEvent(value, "x", value));
    }
  }

  /** WHATWG HTML, section 9.2.6: the last event id becomes the empty string. */
  @Test
  void anEmptyIdHasAClientForgetTheLast() {
    byte[] first = SseFormat.encode(null, "7", null, "a", null);
    byte[] second = SseFormat.encode(null, "", null, "b", null);
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    assertThat(parse(both).events())
        .containsExactly(
            new ReceivedEvent("message", "a", "7"), new ReceivedEvent("message", "b", ""));
  }

  static Stream<Arguments> badFields() {
    return Stream.of(
        arguments("", "must be 1 to 256 characters, has 0"),
        arguments("a".repeat(257), "must be 1 to 256 characters, has 257"),
        arguments("a\n", "has a line break at index 1"),
        arguments("\r", "has a line break at index 0"),
        arguments("ab\0", "has NUL at index 2"),
        arguments("\uD83D\uDE00\uD83D", "has a lone surrogate at index 2"),
        arguments("\uDE00\uD83D", "has a lone surrogate at index 0"));
  }

  @ParameterizedTest
  @MethodSource("badFields")
  void refusesFieldsThatTheFormatCannotCarry(String value, String problem) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SseFormat.checkField("name", value))
        .withMessage("name: " + problem);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SseFormat.encode(value, null, null, "x", null))
        .withMessage("event: " + problem);
    if (!value.isEmpty()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> SseFormat.encode(null, value, null, "x", null))
          .withMessage("id: " + problem);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SseFormat.draft(value, null, "x", null))
        .withMessage("event: " + problem);
  }

  @Test
  void refusesANullField() {
    assertThatNullPointerException()
        .isThrownBy(() -> SseFormat.checkField("event", null))
        .withMessage("event");
  }

  private static EventStreamParser parse(byte[] frame) {
    return new EventStreamParser().feed(frame);
  }

  /** Strict: bytes that are no UTF-8 fail the test. */
  private static String text(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new AssertionError(Arrays.toString(bytes), e);
    }
  }

  /** What is taken of others can be shown, as {@code history()} and the monitor do. */
  @Test
  void aBodyOfOthersThatIsTakenIsThatOfAMessage() {
    String[] lines = {
      "data: x",
      "data: ",
      ": c",
      ":",
      "event: e",
      "event: ",
      "event: " + "e".repeat(257),
      "retry: 1",
      "retry: 86400000",
      "retry: 86400001",
      "retry: 99999999",
      "retry: x",
      "retry: ",
      "event:e",
      "data:x",
      "id: 1",
      "",
      "event: \ud83d\ude80",
      "other: x"
    };
    Random random = new Random(7);
    int taken = 0;
    for (int i = 0; i < 20_000; i++) {
      StringBuilder body = new StringBuilder();
      for (int n = random.nextInt(4); n >= 0; n--) {
        body.append(lines[random.nextInt(lines.length)]).append('\n');
      }
      byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
      FrameTemplate draft;
      try {
        draft = SseFormat.draft(bytes);
      } catch (IllegalArgumentException e) {
        continue;
      }
      taken++;
      int length = draft.finish("e", 1);
      SseFormat.Fields fields = SseFormat.decode(draft.bytes(), length);
      SseMessage.Builder message = SseMessage.builder();
      fields.event().ifPresent(message::event);
      fields.retry().ifPresent(message::retry);
      fields.data().ifPresent(message::data);
      fields.comment().ifPresent(message::comment);
      SseMessage built = message.build();
      assertThat(built.event().orElse(null)).isEqualTo(SseFormat.eventOf(bytes, bytes.length));
    }
    assertThat(taken).isGreaterThan(500);
  }
}
