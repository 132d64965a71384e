package org.starcast.internal.backplane;

import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadFactory;
import org.starcast.SseStatistics.BackplaneStatus;
import org.starcast.spi.Backplane;
import org.starcast.spi.OutgoingEvent;
import org.starcast.spi.StoredEvent;

/** Another backplane, but for what a test answers itself. */
public abstract class Answering implements Backplane {

  private final Backplane other;

  /** Has all else done by the other. */
  protected Answering(Backplane other) {
    this.other = other;
  }

  @Override
  public CompletionStage<Void> start(Receiver receiver, ThreadFactory threads) {
    return other.start(receiver, threads);
  }

  @Override
  public CompletionStage<Long> append(OutgoingEvent envelope) {
    return other.append(envelope);
  }

  @Override
  public CompletionStage<Void> command(String type, byte[] body) {
    return other.command(type, body);
  }

  @Override
  public boolean isShared() {
    return other.isShared();
  }

  @Override
  public CompletionStage<List<StoredEvent>> read(long from, long to) {
    return other.read(from, to);
  }

  @Override
  public long oldest() {
    return other.oldest();
  }

  @Override
  public BackplaneStatus status() {
    return other.status();
  }

  @Override
  public void close() {
    other.close();
  }
}
