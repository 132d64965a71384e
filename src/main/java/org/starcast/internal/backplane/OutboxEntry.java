package org.starcast.internal.backplane;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.starcast.spi.BackplaneException;

/** A message of a {@link NatsOutbox}, until it is answered or has failed. Guarded by the outbox. */
final class OutboxEntry {

  /** By how much earlier another node may have sent the same message. */
  private static final long OTHERS_NANOS = Duration.ofSeconds(15).toNanos();

  final long number;
  final NatsWire.Outgoing message;
  final int size;

  /** The message id that others give the same message too; or null. */
  final String key;

  final long appended;
  final CompletableFuture<Long> result = new CompletableFuture<>();
  long firstSent;
  long lastSent;
  int sends;

  /** How often it was to be sent, ever. */
  private int turns;

  /** How many of the times that it was sent the broker has not refused. */
  int unrefused;

  /** Whether it was sent since the last {@link NatsOutbox#resume}. */
  boolean underWay;

  /** Where this node has read it in the stream; 0 if it has not. */
  long read;

  /** Since when the broker has said that it is in process; 0 if it has not. */
  long inProcess;

  /** What the broker said last; or null. */
  String problem;

  int renewals;

  // what to tell when no lock is held
  long sequence;
  BackplaneException failure;

  OutboxEntry(long number, NatsWire.Outgoing message, long now) {
    this.number = number;
    this.message = message;
    this.size = message.size();
    this.key = message.headers().getFirst(NatsWire.MESSAGE_ID);
    this.appended = now;
  }

  /** Another sending, and the last token of the subject that its answer is to come to. */
  String nextToken() {
    turns++;
    return token();
  }

  private String token() {
    String first = Long.toString(number, 36);
    return turns == 1 ? first : first + "-" + (turns - 1);
  }

  /** Whose message is answered by that subject. */
  static long numberOf(String subject) {
    int from = subject.lastIndexOf('.') + 1;
    int to = subject.indexOf('-', from);
    return Long.parseLong(subject, from, to < 0 ? subject.length() : to, 36);
  }

  /** Whether that is the answer to what was sent since the last {@link NatsOutbox#resume}. */
  boolean isLatest(String subject) {
    return underWay && subject.endsWith("." + token());
  }

  /** Whether it may be stored though nobody has said so. */
  boolean isUnknown() {
    return unrefused > 0;
  }

  /** Whether it may be stored, by whomever. */
  boolean mayBeStored() {
    return key != null || isUnknown();
  }

  /** Since when at the earliest; another node may have stored what has a key a while before. */
  long mayBeStoredSince() {
    return key != null ? appended - OTHERS_NANOS : firstSent;
  }

  /** As if it was not sent before, by another message id. */
  void renew() {
    renewals++;
    sends = 0;
    unrefused = 0;
    inProcess = 0;
  }

  /** Whether no answer has come for so long; twice as long with each time of trying. */
  boolean isOverdue(long now, long patience, int times) {
    return underWay && now - lastSent > patience << Math.min(times - 1, 4);
  }

  void tell() {
    if (failure == null) {
      result.complete(sequence);
    } else {
      result.completeExceptionally(failure);
    }
  }
}
