package org.starcast.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.starcast.testing.EventStreamParser;
import org.starcast.testing.EventStreamParser.Comment;
import org.starcast.testing.EventStreamParser.Item;
import org.starcast.testing.EventStreamParser.Retry;
import org.starcast.testing.ReceivedEvent;

/**
 * A million random messages, with all that could break a frame, come out of an independent parser
 * as they went in. {@code -Dstarcast.test.seed=} repeats a run that failed.
 */
class RoundTripTest {

  private static final int MESSAGES =
      Integer.getInteger("starcast.test.round-trip.messages", 200_000);
  private static final int MESSAGES_PER_STREAM = 1_000;

  private static final String[] PIECES = {
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\r\r\n",
    "\0",
    "\t",
    " ",
    ":",
    ": ",
    ": x",
    " data",
    "data: x",
    "data:",
    "\ndata: x",
    "\rid: 1",
    "\nid: 1",
    "\r\nevent: x",
    "\nretry: 1",
    "id",
    "\n:",
    "\n\n:",
    "\uFEFF",
    "\u2028",
    "\u2029",
    "\u0085",
    "\u000B",
    "\u000C",
    "\u000E",
    "\u001F",
    "\u007F",
    "\u0080",
    "\u00FF",
    "é",
    "漢",
    "😀",
    "\uD800",
    "\uDBFF",
    "\uDC00",
    "\uDFFF",
    "\uD83F",
    "\uFFFD",
    "\uFFFF",
    "?",
    "<p class=\"a\">",
    "{\"a\":1}",
    "0123456",
    "01234567",
    "012345678"
  };

  @Test
  void randomMessagesComeBack() {
    long seed = Long.getLong("starcast.test.seed", System.nanoTime());
    for (int i = 0; i < MESSAGES / MESSAGES_PER_STREAM; i++) {
      long streamSeed = seed + i;
      try {
        roundTrip(new SplittableRandom(streamSeed));
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("repeat with -Dstarcast.test.seed=" + streamSeed, e);
      }
    }
  }

  @Test
  void linesWithAPrefixAreEncodedAsTheirTextIs() {
    long seed = Long.getLong("starcast.test.seed", System.nanoTime());
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 100_000; i++) {
      String head = random.nextBoolean() ? "" : "selector " + field(random) + "\n";
      String prefix = "x".repeat(random.nextInt(24)) + " ";
      String text = text(random);
      String whole =
          head + prefix + text.replaceAll("\r\n|\r|\n", "\n").replace("\n", "\n" + prefix);
      PrefixedLines lines = new PrefixedLines(head, prefix, text);
      byte[] expected = SseFormat.encode("e", null, null, whole, "c");
      FrameTemplate draft = SseFormat.draft("e", null, lines, "c");
      String what = "seed " + seed + ", round " + i;

      assertThat(SseFormat.encode("e", null, null, lines, "c")).as(what).isEqualTo(expected);
      assertThat(Arrays.copyOf(draft.bytes(), draft.finishWithoutId()))
          .as(what)
          .isEqualTo(expected);
      assertThat(lines).as(what).hasToString(whole).hasSize(whole.length());
      assertThat(CharSequence.compare(lines, whole)).isZero();
    }
  }

  private static void roundTrip(SplittableRandom random) {
    EventStreamParser parser = new EventStreamParser();
    Chunks chunks = new Chunks(random, parser);
    List<Item> expected = new ArrayList<>();
    String lastId = "";
    for (int i = 0; i < MESSAGES_PER_STREAM; i++) {
      String event = random.nextInt(3) == 0 ? field(random) : null;
      Duration retry =
          random.nextInt(8) == 0 ? Duration.ofNanos(random.nextLong(86_400_000_000_000L)) : null;
      String data = random.nextInt(16) == 0 ? null : text(random);
      String comment = random.nextInt(8) == 0 ? text(random) : null;
      if (random.nextBoolean()) {
        String id = random.nextBoolean() ? field(random) : null;
        byte[] frame = SseFormat.encode(event, id, retry, data, comment);
        chunks.add(frame, frame.length);
        lastId = id == null ? lastId : id;
      } else {
        FrameTemplate draft = SseFormat.draft(event, retry, data, comment);
        String epoch = "e" + random.nextInt(1000);
        long sequence = random.nextLong() >>> 1 + random.nextInt(62);
        boolean withId = random.nextInt(4) > 0;
        chunks.add(draft.bytes(), withId ? draft.finish(epoch, sequence) : draft.finishWithoutId());
        lastId = withId ? epoch + "-" + sequence : lastId;
      }
      if (comment != null) {
        for (String line : normalised(comment).split("\n", -1)) {
          expected.add(new Comment(line));
        }
      }
      if (retry != null) {
        expected.add(new Retry(retry.toMillis()));
      }
      if (data != null) {
        expected.add(
            new ReceivedEvent(event == null ? "message" : event, normalised(data), lastId));
      }
    }
    chunks.flush();
    List<Item> items = parser.items();
    if (!items.equals(expected)) {
      int same = 0;
      while (same < Math.min(items.size(), expected.size())
          && items.get(same).equals(expected.get(same))) {
        same++;
      }
      assertThat(items.subList(same, Math.min(same + 3, items.size())))
          .as("items from index %s on", same)
          .isEqualTo(expected.subList(same, Math.min(same + 3, expected.size())));
      throw new AssertionError("items after index " + same + " differ in count");
    }
    assertThat(parser.lastEventId()).isEqualTo(lastId);
    assertThat(parser.malformed()).isZero();
  }

  private static String text(SplittableRandom random) {
    StringBuilder text = new StringBuilder();
    for (int left = random.nextInt(8); left > 0; left--) {
      switch (random.nextInt(4)) {
        case 0 -> text.append((char) random.nextInt(0x10000));
        case 1 -> {
          for (int run = random.nextInt(24); run > 0; run--) {
            text.append((char) (' ' + random.nextInt(95)));
          }
        }
        default -> text.append(PIECES[random.nextInt(PIECES.length)]);
      }
    }
    return text.toString();
  }

  /** An event name or id: as a text, without what is refused. */
  private static String field(SplittableRandom random) {
    String field = normalised(text(random)).replace("\n", "");
    return field.isEmpty() ? "x" : field;
  }

  /** What the format makes of a text: breaks are LF, NUL and lone surrogates are U+FFFD. */
  static String normalised(String text) {
    int[] codePoints =
        text.replace("\r\n", "\n")
            .replace('\r', '\n')
            .codePoints()
            .map(c -> c == 0 || c >= 0xD800 && c <= 0xDFFF ? 0xFFFD : c)
            .toArray();
    return new String(codePoints, 0, codePoints.length);
  }

  /** Cuts a stream into chunks that end anywhere: in characters, line breaks and frames. */
  private static final class Chunks {

    private final SplittableRandom random;
    private final EventStreamParser parser;
    private byte[] pending = new byte[1024];
    private int length;
    private int next;

    Chunks(SplittableRandom random, EventStreamParser parser) {
      this.random = random;
      this.parser = parser;
    }

    void add(byte[] bytes, int count) {
      if (length + count > pending.length) {
        pending = Arrays.copyOf(pending, 2 * (length + count));
      }
      System.arraycopy(bytes, 0, pending, length, count);
      length += count;
      if (length >= next) {
        feed(random.nextInt(length + 1));
        next = random.nextInt(random.nextBoolean() ? 10 : 1000);
      }
    }

    void flush() {
      feed(length);
    }

    private void feed(int count) {
      parser.feed(pending, 0, count);
      System.arraycopy(pending, count, pending, 0, length - count);
      length -= count;
    }
  }
}
