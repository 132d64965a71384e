package org.starcast.datastar;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class LinePrefixerTest {

  /** However the text is cut, the lines are those of the whole. */
  @Test
  void randomTextInRandomPiecesGivesTheSameLines() {
    Random random = new Random(42);
    for (int round = 0; round < 20_000; round++) {
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(12); i > 0; i--) {
        text.append("ab \r\n\r\n".charAt(random.nextInt(7)));
      }
      String expected =
          "k " + text.toString().replace("\r\n", "\n").replace('\r', '\n').replace("\n", "\nk ");
      LinePrefixer pieces = new LinePrefixer("k", 0);
      for (int at = 0; at < text.length(); ) {
        int end = Math.min(text.length(), at + random.nextInt(4));
        if (end == at + 1) {
          pieces.append(text.charAt(at));
        } else if (random.nextBoolean()) {
          pieces.append(text, at, end);
        } else {
          pieces.append(text.subSequence(at, end));
        }
        at = end;
      }
      assertThat(pieces).hasToString(expected);
      assertThat(pieces.isEmpty()).isEqualTo(text.length() == 0);
      assertThat(LinePrefixer.lines("k", text)).isEqualTo(expected);
    }
  }

  @Test
  void nullIsWrittenAsAppendablesDo() {
    assertThat(new LinePrefixer("k", 0).append(null)).hasToString("k null");
    assertThat(new LinePrefixer("k", 0).append(null, 1, 3)).hasToString("k ul");
  }
}
