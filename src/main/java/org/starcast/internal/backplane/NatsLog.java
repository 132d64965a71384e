package org.starcast.internal.backplane;

import io.nats.client.AuthenticationException;
import io.nats.client.Connection;
import io.nats.client.ErrorListener;
import io.nats.client.JetStreamApiException;
import java.lang.System.Logger;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.starcast.internal.logging.LogMessage;

/** Logs what goes wrong with the broker, each message once a minute at most. Thread-safe. */
final class NatsLog implements ErrorListener {

  private static final Logger LOG = System.getLogger(NatsBackplane.class.getName());
  private static final long INTERVAL_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final String stream;
  private final Map<LogMessage, Long> logged = new HashMap<>();

  NatsLog(String stream) {
    this.stream = stream;
  }

  /** Whether it is the configuration that has to be changed. */
  static boolean isConflict(Exception e) {
    return e instanceof IllegalArgumentException && e.getMessage().startsWith("starcast.");
  }

  /** What the client has failed at, and will try again. */
  void failed(Exception e) {
    if (e instanceof AuthenticationException) {
      log(LogMessage.CREDENTIALS_REFUSED);
    } else if (e instanceof JetStreamApiException api) {
      log(LogMessage.STREAM_UNUSABLE, stream, api.getErrorDescription());
    } else if (isConflict(e)) {
      log(LogMessage.STREAM_DIFFERS, e.getMessage());
    } else {
      // without the client's text, which has the URLs
      log(LogMessage.BROKER_AWAY, e.getClass().getSimpleName());
      LogMessage.BROKER_EXCEPTION.log(LOG, e);
    }
  }

  void log(LogMessage message, Object... values) {
    long now = System.nanoTime();
    synchronized (logged) {
      Long before = logged.get(message);
      if (before != null && now - before < INTERVAL_NANOS) {
        return;
      }
      logged.put(message, now);
    }
    message.log(LOG, values);
  }

  @Override
  public void errorOccurred(Connection connection, String error) {
    log(LogMessage.BROKER_ERROR, error);
  }

  @Override
  public void exceptionOccurred(Connection connection, Exception exception) {
    LogMessage.BROKER_EXCEPTION.log(LOG, exception);
  }
}
