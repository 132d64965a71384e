package org.starcast.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.starcast.testing.EventStreamParser.Comment;
import org.starcast.testing.EventStreamParser.Item;
import org.starcast.testing.EventStreamParser.Retry;

class EventStreamParserTest {

  static Stream<Arguments> streams() {
    return Stream.of(
        // the specification's examples
        stream(
            "data: This is the first message.\n\n"
                + "data: This is the second message, it\ndata: has two lines.\n\n"
                + "data: This is the third message.\n\n",
            message("This is the first message."),
            message("This is the second message, it\nhas two lines."),
            message("This is the third message.")),
        stream(
            "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n",
            new ReceivedEvent("add", "73857293", ""),
            new ReceivedEvent("remove", "2153", ""),
            new ReceivedEvent("add", "113411", "")),
        stream("data: YHOO\ndata: +2\ndata: 10\n\n", message("YHOO\n+2\n10")),
        stream(
            ": test stream\n\ndata: first event\nid: 1\n\n"
                + "data:second event\nid\n\ndata:  third event\n\n",
            new Comment("test stream"),
            new ReceivedEvent("message", "first event", "1"),
            message("second event"),
            message(" third event")),
        stream("data\n\ndata\ndata\n\ndata:", message(""), message("\n")),
        stream("data:test\n\ndata: test\n\n", message("test"), message("test")),
        // its rules
        stream("data: a\r\rdata: b\r\n\r\ndata: c\n\n", message("a"), message("b"), message("c")),
        stream("\uFEFFdata: a\n\n\uFEFFdata: b\n\n", message("a")),
        stream("data: \uFEFFa\n\n", message("\uFEFFa")),
        stream("event: x\n\ndata: a\n\n", message("a")),
        stream("id: 7\n\ndata: a\n\n", new ReceivedEvent("message", "a", "7")),
        stream("id: 7\nid: 8\0\ndata: a\n\n", new ReceivedEvent("message", "a", "7")),
        stream("retry: 10\nretry: 1x\nretry: -1\nretry\n\n", new Retry(10)),
        stream("Data: a\n data: b\ndatas: c\ndata : d\n\n"),
        stream(":\n:a\n: b\n:  c: d\n", comment(""), comment("a"), comment("b"), comment(" c: d")),
        stream("data: a\u2028b\u0085c\u000Bd\n\n", message("a\u2028b\u0085c\u000Bd")),
        stream("event: a\nevent: b\ndata: c\n\n", new ReceivedEvent("b", "c", "")));
  }

  @ParameterizedTest
  @MethodSource("streams")
  void readsAsTheSpecificationSays(String stream, List<Item> expected) {
    assertThat(new EventStreamParser().feed(stream).items()).isEqualTo(expected);
  }

  @ParameterizedTest
  @MethodSource("streams")
  void readsTheSameByteByByte(String stream, List<Item> expected) {
    EventStreamParser parser = new EventStreamParser();
    for (byte b : stream.getBytes(StandardCharsets.UTF_8)) {
      parser.feed(new byte[] {b});
    }
    assertThat(parser.items()).isEqualTo(expected);
  }

  @Test
  void acknowledgesAnIdOnlyWhenItsBlockEnds() {
    EventStreamParser parser = new EventStreamParser().feed("data: a\nid: 1\n");
    assertThat(parser.lastEventId()).isEmpty();
    assertThat(parser.feed("\n").lastEventId()).isEqualTo("1");
  }

  @Test
  void replacesAndCountsWhatIsNoUtf8() {
    EventStreamParser parser = new EventStreamParser().feed("data: ");
    // each sequence as in the Encoding specification: one replacement for a maximal subpart
    parser.feed(bytes(0xC0, 0x80, 'a', 0xE2, 0x82, 'b', 0xED, 0xA0, 0x80, 'c', 0xF4, 0x90, 'd'));
    parser.feed("\n\n");
    assertThat(parser.events())
        .containsExactly(message("\uFFFD\uFFFDa\uFFFDb\uFFFD\uFFFD\uFFFDc\uFFFD\uFFFDd"));
    assertThat(parser.malformed()).isEqualTo(8);
  }

  @Test
  void readsUtf8OfEveryLength() {
    EventStreamParser parser = new EventStreamParser().feed("data: aé漢😀\uFFFF\n\n");
    assertThat(parser.take()).containsExactly(message("aé漢😀\uFFFF"));
    assertThat(parser.malformed()).isZero();
    assertThat(parser.items()).isEmpty();
  }

  private static Arguments stream(String stream, Item... items) {
    return arguments(stream, List.of(items));
  }

  private static ReceivedEvent message(String data) {
    return new ReceivedEvent("message", data, "");
  }

  private static Comment comment(String text) {
    return new Comment(text);
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }
}
