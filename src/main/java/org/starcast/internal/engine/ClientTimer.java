package org.starcast.internal.engine;

import org.starcast.SseClient.CloseReason;
import org.starcast.internal.config.StarcastConfig;

/** What happens to clients by time: heartbeat, send timeout, age and expiry. Immutable. */
final class ClientTimer {

  private static final long MAX_STEP_NANOS = 1_000_000_000L;

  private final long heartbeat;
  private final long timeout;

  ClientTimer(StarcastConfig config) {
    this.heartbeat = config.writer().heartbeat().toNanos();
    this.timeout = config.writer().sendTimeout().toNanos();
  }

  /**
   * Does what is due.
   *
   * @return after how many nanoseconds to come again; negative for never
   */
  long onTime(Client client, long now) {
    long next = heartbeat > 0 ? Math.min(heartbeat, timeout) : timeout;
    boolean beat = false;
    boolean late = false;
    boolean old = false;
    boolean expired = false;
    synchronized (client) {
      if (client.lifecycle() == Lifecycle.CLOSED) {
        return -1;
      }
      long silence = now - client.lastWrite();
      if (client.status() == WriteStatus.BLOCKED) {
        late = silence >= timeout;
        next = Math.min(next, timeout - silence);
      } else if (heartbeat > 0) {
        beat =
            silence >= heartbeat
                && client.status() == WriteStatus.IDLE
                && client.lifecycle() == Lifecycle.OPEN;
        next = beat ? next : Math.min(next, heartbeat - silence);
      }
      if (client.maxAgeNanos() > 0 && client.lifecycle() == Lifecycle.OPEN) {
        long left = client.maxAgeNanos() - (now - client.createdNanos());
        old = left <= 0;
        next = Math.min(next, Math.max(left, 0));
      }
      if (client.expiryNanos() > 0 && client.lifecycle().takes()) {
        long left = client.expiryNanos() - (now - client.createdNanos());
        expired = left <= 0;
        next = Math.min(next, Math.max(left, 0));
      }
    }
    client.recovery().giveUp(now, timeout);
    if (late && client.progressed(now)) {
      return onTime(client, now);
    }
    if (late) {
      client.abortNow(CloseReason.TIMEOUT);
    } else if (expired) {
      client.expire();
    } else if (old) {
      client.closeAfterDrain(CloseReason.MAX_AGE);
    } else if (beat) {
      client.beat();
    }
    long shortest = Math.min(timeout, heartbeat > 0 ? heartbeat : timeout);
    if (client.maxAgeNanos() > 0) {
      shortest = Math.min(shortest, client.maxAgeNanos());
    }
    if (client.expiryNanos() > 0) {
      shortest = Math.min(shortest, client.expiryNanos());
    }
    return inStep(now, Math.max(next, 0), Math.min(shortest / 16, MAX_STEP_NANOS));
  }

  /**
   * Later by up to a step, so that many clients come at once: to wake a drain thread for each of
   * them costs more than their heartbeats.
   */
  private static long inStep(long now, long delay, long step) {
    return step == 0 ? delay : (now + delay + step - 1) / step * step - now;
  }
}
