package org.starcast.internal.engine;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.Deflater;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.starcast.internal.writer.Gzip;

/**
 * What one event of 20 kB of HTML costs for 1,000 clients that take gzip: compressed once for all
 * of them, by a deflater for each, as servers do that compress responses, and not at all. The sizes
 * are printed at the end of each.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
public class GzipBenchmark {

  private static final int CLIENTS = 1_000;
  private static final int SIZE = 20_000;
  private static final int BATCH = 64 << 10;

  private final byte[] batch = new byte[BATCH];
  private final Deflater[] deflaters = new Deflater[CLIENTS];
  private byte[][] frames;
  private Gzip gzip;
  private int next;
  private long bytes;
  private long events;

  /** Frames like those of a table that is patched: markup that repeats, values that do not. */
  @Setup(Level.Trial)
  public void make() {
    Random random = new Random(7);
    frames = new byte[16][];
    for (int i = 0; i < frames.length; i++) {
      StringBuilder html = new StringBuilder("event: datastar-patch-elements\n");
      while (html.length() < SIZE) {
        html.append("data: elements <tr id=\"row-")
            .append(random.nextInt(100_000))
            .append("\"><td class=\"name\">")
            .append(Long.toString(random.nextLong(), 36))
            .append("</td><td class=\"price\">")
            .append(random.nextInt(10_000))
            .append("</td></tr>\n");
      }
      frames[i] = html.append('\n').toString().getBytes(StandardCharsets.UTF_8);
    }
    gzip = new Gzip(6, 256);
    for (int i = 0; i < CLIENTS; i++) {
      deflaters[i] = new Deflater(6, true);
    }
  }

  /** Says how much went out. */
  @TearDown(Level.Trial)
  public void report() {
    System.out.printf("%n%,d bytes for each client and event%n", bytes / events / CLIENTS);
    gzip.end();
    for (Deflater deflater : deflaters) {
      deflater.end();
    }
  }

  private byte[] frame() {
    next = (next + 1) % frames.length;
    events++;
    return frames[next];
  }

  /** Compressed once; each client's batch gets the same bytes. */
  @Benchmark
  public byte[] once() {
    byte[] frame = frame();
    byte[] deflated = gzip.deflate(frame, frame.length);
    for (int i = 0; i < CLIENTS; i++) {
      System.arraycopy(deflated, 0, batch, 0, deflated.length);
      bytes += deflated.length;
    }
    return batch;
  }

  /** A deflater for each client, with its history. */
  @Benchmark
  public byte[] each() {
    byte[] frame = frame();
    for (Deflater deflater : deflaters) {
      deflater.setInput(frame);
      bytes += deflater.deflate(batch, 0, batch.length, Deflater.SYNC_FLUSH);
    }
    return batch;
  }

  /** Not compressed. */
  @Benchmark
  public byte[] none() {
    byte[] frame = frame();
    for (int i = 0; i < CLIENTS; i++) {
      System.arraycopy(frame, 0, batch, 0, frame.length);
      bytes += frame.length;
    }
    return batch;
  }
}
