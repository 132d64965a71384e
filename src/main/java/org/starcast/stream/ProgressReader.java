package org.starcast.stream;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import org.starcast.stream.SseStreams.Progress;
import org.starcast.stream.SseStreams.Progress.State;
import org.starcast.stream.SseStreams.Progress.UnknownJobException;

/** Looks at a job and gives what has changed, up to its last state. */
final class ProgressReader extends SourceReader<Progress> {

  private final String jobId;
  private final Function<String, Optional<Progress>> source;
  private final Timer timer;
  private Progress last;
  private double firstPercent;
  private long firstNanos;

  ProgressReader(String jobId, Function<String, Optional<Progress>> source, Timer timer) {
    this.jobId = jobId;
    this.source = source;
    this.timer = timer;
  }

  @Override
  Progress poll() {
    Progress seen = source.apply(jobId).orElseThrow(() -> new UnknownJobException(jobId));
    if (seen.equals(last)) {
      return null;
    }
    long now = timer.now();
    if (last == null) {
      firstPercent = seen.percent();
      firstNanos = now;
    }
    last = seen;
    return seen.eta() == null && seen.state() == State.RUNNING
        ? seen.withEta(eta(seen, now))
        : seen;
  }

  /** As fast on as it went since it was first seen; null while that says nothing. */
  private Duration eta(Progress seen, long now) {
    double done = seen.percent() - firstPercent;
    if (done <= 0) {
      return null;
    }
    double nanos = (100 - seen.percent()) * (now - firstNanos) / done;
    return Duration.ofMillis((long) (nanos / 1_000_000));
  }

  @Override
  boolean ended() {
    return last != null && last.state() != State.RUNNING;
  }

  @Override
  void close() {
    // the job is not the stream's
  }
}
