package org.starcast.internal.durable;

import org.starcast.internal.config.StarcastConfig;
import org.starcast.internal.engine.AddressBlock;
import org.starcast.internal.engine.CallerCounts;

/**
 * How many requests wait at a time: as many as there may be clients, beside these, in all, of a
 * caller, and from an address. Thread-safe.
 */
public final class WaitingPolls {

  private static final String ALL = "";

  private final StarcastConfig.Limits limits;
  private final CallerCounts all = new CallerCounts();
  private final CallerCounts perPrincipal = new CallerCounts();
  private final CallerCounts perAddress = new CallerCounts();

  /** None. */
  public WaitingPolls(StarcastConfig.Limits limits) {
    this.limits = limits;
  }

  /**
   * Counts one.
   *
   * @param principal who is logged in, or null
   * @param remote where it comes from, or null
   * @return what takes it back, once; null if there are too many
   */
  public Runnable enter(String principal, String remote) {
    String address = AddressBlock.of(remote);
    if (!perPrincipal.acquire(principal, limits.clientsPerPrincipal())) {
      return null;
    }
    if (!perAddress.acquire(address, limits.clientsPerAddress())) {
      perPrincipal.leave(principal);
      return null;
    }
    if (!all.acquire(ALL, limits.clients())) {
      perPrincipal.leave(principal);
      perAddress.leave(address);
      return null;
    }
    return () -> {
      perPrincipal.leave(principal);
      perAddress.leave(address);
      all.leave(ALL);
    };
  }
}
