package org.starcast.internal.backplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the client gets of what a broker sends, however that is cut. */
class NatsDataPortTest {

  private static final String REPLACED = "NATS/1.0\r\nStarcast-Malformed: 1\r\n\r\n";

  private final StringBuilder sent = new StringBuilder();
  private final StringBuilder expected = new StringBuilder();

  private void both(String protocol) {
    sent.append(protocol);
    expected.append(protocol);
  }

  private static String message(String subject, String headers, String payload) {
    return "HMSG %s 7 reply.x %d %d\r\n%s%s\r\n"
        .formatted(
            subject, headers.length(), headers.length() + payload.length(), headers, payload);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 50, 100_000})
  void headersThatTheClientDoesNotTakeAreReplacedAndNothingElse(int most) throws IOException {
    String large = "HMSG \r\n".repeat(30_000);
    both("INFO {\"headers\":true}\r\nPING\r\n");
    for (String headers :
        new String[] {
          "NATS/1.0\r\na: \u00fc\r\n\r\n", "x", "NATS/1.0\r\nno colon\r\n\r\n", "\u00ff"
        }) {
      both("MSG a 1 5\r\nHMSG \r\n");
      both(message("b", "NATS/1.0\r\na: b\r\n\r\n", ""));
      both(message("b", "NATS/1.0 100 Idle\r\n\r\n", "x"));
      for (String payload : new String[] {"", "some", large}) {
        sent.append(message("c.d", headers, payload));
        expected.append(message("c.d", REPLACED, payload));
      }
      both(message("b", "NATS/1.0\r\nlong: " + "x".repeat(60_000) + "\r\n\r\n", "MSG"));
      sent.append(message("c", headers.repeat(10_000), "y"));
      expected.append(message("c", REPLACED, "y"));
      both("MSG a 1 r.s " + large.length() + "\r\n" + large + "\r\n-ERR 'x'\r\n");
    }

    assertThat(received(most).equals(expected.toString())).isTrue();
  }

  private String received(int most) throws IOException {
    byte[] all = sent.toString().getBytes(StandardCharsets.ISO_8859_1);
    Random random = new Random(most);
    NatsDataPort port =
        new NatsDataPort() {
          private int at;

          @Override
          int receive(byte[] target, int offset, int length) {
            if (at == all.length) {
              return -1;
            }
            int n = Math.min(Math.min(length, all.length - at), 1 + random.nextInt(most));
            System.arraycopy(all, at, target, offset, n);
            at += n;
            return n;
          }
        };
    ByteArrayOutputStream received = new ByteArrayOutputStream();
    byte[] chunk = new byte[Math.max(1, most / 2)];
    for (int n = port.read(chunk, 0, chunk.length); n >= 0; n = port.read(chunk, 0, chunk.length)) {
      received.write(chunk, 0, n);
    }
    return received.toString(StandardCharsets.ISO_8859_1);
  }
}
