package org.starcast.internal.engine;

import java.util.concurrent.atomic.AtomicInteger;
import org.starcast.RefusedException;
import org.starcast.internal.config.StarcastConfig;

/**
 * Who is taken as a client: how many there may be, in all, of a caller, and from an address, and
 * how many may connect in a minute. Every refusal is counted, and says after how many seconds it is
 * worth trying again. Thread-safe.
 */
final class AdmissionControl {

  private final StarcastConfig config;
  private final Refusals refusals;
  private final Runnable whenEmpty;
  private final ConnectRate principalRate;
  private final ConnectRate addressRate;
  private final CallerCounts perPrincipal = new CallerCounts();
  private final CallerCounts perAddress = new CallerCounts();
  private final AtomicInteger count = new AtomicInteger();

  /**
   * Without clients.
   *
   * @param whenEmpty called when there are no clients any more
   */
  AdmissionControl(StarcastConfig config, Refusals refusals, Runnable whenEmpty) {
    this.config = config;
    this.refusals = refusals;
    this.whenEmpty = whenEmpty;
    this.principalRate =
        new ConnectRate(config.limits().connectsPerPrincipal(), config.limits().clients());
    this.addressRate =
        new ConnectRate(config.limits().connectsPerAddress(), config.limits().clients());
  }

  /** How many clients there are. */
  int count() {
    return count.get();
  }

  /**
   * Counts a client, which is to be {@linkplain #release released}.
   *
   * @param principal who is logged in, or null
   * @param address where it comes from, or null
   * @throws RefusedException if there are too many; it is not counted then
   */
  void admit(String principal, String address) {
    long now = System.nanoTime();
    int wait = addressRate.take(address, now);
    if (wait > 0) {
      throw refuse(
          RefusedException.Reason.CONNECTS_PER_ADDRESS,
          429,
          "the address connected "
              + config.limits().connectsPerAddress()
              + " times a minute, the most",
          wait);
    }
    wait = principalRate.take(principal, now);
    if (wait > 0) {
      throw refuse(
          RefusedException.Reason.CONNECTS_PER_PRINCIPAL,
          429,
          "the user connected "
              + config.limits().connectsPerPrincipal()
              + " times a minute, the most",
          wait);
    }
    if (count.get() >= config.limits().clients()) {
      throw full();
    }
    if (!perPrincipal.acquire(principal, config.limits().clientsPerPrincipal())) {
      throw refuse(
          RefusedException.Reason.CLIENTS_PER_PRINCIPAL,
          429,
          "the user has " + config.limits().clientsPerPrincipal() + " clients, the most",
          10);
    }
    if (!perAddress.acquire(address, config.limits().clientsPerAddress())) {
      perPrincipal.leave(principal);
      throw refuse(
          RefusedException.Reason.CLIENTS_PER_ADDRESS,
          429,
          "the address has " + config.limits().clientsPerAddress() + " clients, the most",
          10);
    }
    if (!acquire()) {
      perPrincipal.leave(principal);
      perAddress.leave(address);
      throw full();
    }
  }

  private RefusedException full() {
    return refuse(
        RefusedException.Reason.CLIENTS,
        503,
        "the server has " + config.limits().clients() + " clients, its most",
        10);
  }

  /** Counts a client no more. */
  void release(String principal, String address) {
    perPrincipal.leave(principal);
    perAddress.leave(address);
    if (count.decrementAndGet() == 0) {
      whenEmpty.run();
    }
  }

  /** Never above the limit: one that is refused was not there, not even for a moment. */
  private boolean acquire() {
    int limit = config.limits().clients();
    return count.getAndUpdate(n -> n < limit ? n + 1 : n) < limit;
  }

  /** Counts a refusal, and makes the exception that says it. */
  RefusedException refuse(
      RefusedException.Reason reason, int status, String detail, int retryAfterSeconds) {
    refusals.count(reason, detail);
    return new RefusedException(status, detail, retryAfterSeconds);
  }
}
