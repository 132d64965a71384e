package org.starcast.datastar;

import org.starcast.SseMessage;

/** Events as text, for answers that are not streams of a registered client. */
final class Frames {

  private Frames() {}

  /** One frame in the order of the SDK specification: event, id, retry, data. */
  static String render(SseMessage message) {
    String data = message.data().orElseThrow().toString();
    StringBuilder out = new StringBuilder(data.length() + data.length() / 8 + 96);
    out.append("event: ").append(message.event().orElseThrow()).append('\n');
    message.id().ifPresent(id -> out.append("id: ").append(id).append('\n'));
    message.retry().ifPresent(r -> out.append("retry: ").append(r.toMillis()).append('\n'));
    // the data has LF as its only line break: its lines were made by this package
    int from = 0;
    for (int at = data.indexOf('\n'); at >= 0; at = data.indexOf('\n', from)) {
      out.append("data: ").append(data, from, at + 1);
      from = at + 1;
    }
    out.append("data: ").append(data, from, data.length()).append("\n\n");
    for (int at = out.indexOf("\0"); at >= 0; at = out.indexOf("\0", at)) {
      out.setCharAt(at, '\uFFFD');
    }
    return out.toString();
  }
}
