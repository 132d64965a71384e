package org.starcast.internal.engine;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.starcast.SseClient;
import org.starcast.SseClient.CloseReason;
import org.starcast.Subscription;
import org.starcast.internal.security.Grant;

/**
 * Who a client is: what does not change from the moment that it is taken, and the promise of its
 * end.
 */
abstract class ClientIdentity extends TimingWheel.Entry implements SseClient {

  private final String id;
  private final String type;
  private final Map<String, Object> metadata;
  private final String principal;
  private final String address;
  private final Instant created = Instant.now();
  private final long createdNanos = System.nanoTime();

  /** When the connection's age ends it, in nanoseconds from its creation; 0 for never. */
  private final long maxAgeNanos;

  /** What its caller may hear. */
  private final Grant grant;

  /** When the caller's token expires, in nanoseconds from its creation; 0 for never. */
  private final long expiryNanos;

  private final CompletableFuture<CloseReason> closed = new CompletableFuture<>();

  ClientIdentity(
      String id,
      Subscription subscription,
      String principal,
      String address,
      long maxAgeNanos,
      Grant grant) {
    this.id = id;
    this.type = subscription.type();
    this.metadata = subscription.metadata();
    this.principal = principal;
    this.address = address;
    this.maxAgeNanos = maxAgeNanos;
    this.grant = grant;
    this.expiryNanos = grant.expiry().map(expiry -> nanosUntil(created, expiry)).orElse(0L);
  }

  /** At least 1, and at most 200 years. */
  private static long nanosUntil(Instant from, Instant end) {
    long seconds = Math.min(end.getEpochSecond() - from.getEpochSecond(), 200L * 365 * 24 * 3600);
    return Math.max(1, seconds * 1_000_000_000L + end.getNano() - from.getNano());
  }

  String address() {
    return address;
  }

  Grant grant() {
    return grant;
  }

  long createdNanos() {
    return createdNanos;
  }

  /** When the connection's age ends it, in nanoseconds from its creation; 0 for never. */
  long maxAgeNanos() {
    return maxAgeNanos;
  }

  /** When the caller's token expires, in nanoseconds from its creation; 0 for never. */
  long expiryNanos() {
    return expiryNanos;
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public String type() {
    return type;
  }

  @Override
  public Map<String, Object> metadata() {
    return metadata;
  }

  @Override
  public Optional<String> principal() {
    return Optional.ofNullable(principal);
  }

  @Override
  public Instant created() {
    return created;
  }

  @Override
  public CompletionStage<CloseReason> whenClosed() {
    return closed.minimalCompletionStage();
  }

  /** Completes {@link #whenClosed}. */
  void tellClosed(CloseReason why) {
    closed.complete(why);
  }

  @Override
  public String toString() {
    return "SseClient[" + id + ", " + type + ", " + state() + "]";
  }
}
