package org.starcast.internal.backplane;

import io.nats.client.JetStreamApiException;
import io.nats.client.Message;
import io.nats.client.api.PublishAck;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * What the broker answers to a message.
 *
 * @param sequence of the message, if it is stored
 * @param problem what it says otherwise
 * @param cause or null
 */
record NatsAck(Kind kind, long sequence, String problem, Exception cause) {

  /** What has become of the message. */
  enum Kind {
    /** It has a sequence. */
    STORED,

    /** The broker has it, but has not stored it yet. */
    IN_PROCESS,

    /** It was not stored, and may be when it is sent again. */
    BUSY,

    /** It was not stored, and never will be. */
    REFUSED,

    /** Nobody knows. */
    MALFORMED
  }

  // of the broker: not now, but perhaps soon
  private static final int TOO_MANY_REQUESTS = 429;
  private static final Set<Integer> PASSING = Set.of(10_008, 10_009, 10_118);

  /** From 2.11 on; 2.10 says the sequence 0. */
  private static final String IN_PROCESS = "\"err_code\":10158,";

  /** Reads an answer. The client's own reading costs too much for each message: for errors only. */
  static NatsAck of(Message answer) {
    if (answer.isStatusMessage()) {
      return new NatsAck(Kind.BUSY, 0, "no stream has the subject, or it has no leader now", null);
    }
    String json = new String(answer.getData(), StandardCharsets.UTF_8);
    long sequence = json.contains("\"error\"") ? -1 : sequence(json);
    if (sequence > 0) {
      return new NatsAck(Kind.STORED, sequence, null, null);
    }
    return sequence == 0 || json.contains(IN_PROCESS)
        ? new NatsAck(Kind.IN_PROCESS, 0, "the broker has it in process", null)
        : slowly(answer);
  }

  private static NatsAck slowly(Message answer) {
    try {
      return new NatsAck(Kind.STORED, new PublishAck(answer).getSeqno(), null, null);
    } catch (JetStreamApiException e) {
      boolean passing =
          e.getErrorCode() == TOO_MANY_REQUESTS || PASSING.contains(e.getApiErrorCode());
      return passing
          ? new NatsAck(Kind.BUSY, 0, e.getErrorDescription(), null)
          : new NatsAck(Kind.REFUSED, 0, "the broker refuses it: " + e.getErrorDescription(), e);
    } catch (IOException | RuntimeException e) {
      return new NatsAck(Kind.MALFORMED, 0, "the broker's answer is malformed", e);
    }
  }

  private static long sequence(String json) {
    int at = json.indexOf("\"seq\":");
    if (at < 0) {
      return -1;
    }
    at += 6;
    while (at < json.length() && json.charAt(at) == ' ') {
      at++;
    }
    long value = 0;
    for (char c; at < json.length() && (c = json.charAt(at)) >= '0' && c <= '9'; at++) {
      value = value * 10 + (c - '0');
    }
    return value;
  }
}
