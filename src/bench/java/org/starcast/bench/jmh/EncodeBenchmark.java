package org.starcast.bench.jmh;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.starcast.internal.wire.FrameTemplate;
import org.starcast.internal.wire.SseFormat;

/**
 * What it costs to make the bytes of one event, with {@code String.getBytes} of the same text for
 * comparison: once for each published message, whatever the number of clients.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 20, time = 100, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class EncodeBenchmark {

  /** The length of the text in characters, and the count of its lines. */
  @Param({"100/1", "2000/30", "20000/1", "20000/300"})
  public String size;

  /** ASCII; Latin: one character in 16 is an umlaut; wide: one in 16 is an ideograph. */
  @Param({"ascii", "latin", "wide"})
  public String text;

  private String data;

  @Setup
  public void setUp() {
    String[] parts = size.split("/");
    int length = Integer.parseInt(parts[0]);
    int lines = Integer.parseInt(parts[1]);
    // lines of 60 % to 140 % of the mean length, as real ones differ: equal ones predict too well
    Random random = new Random(1);
    StringBuilder builder = new StringBuilder(length);
    int mean = length / lines;
    int left = lines == 1 ? length : nextLine(random, mean);
    while (builder.length() < length) {
      if (left-- == 0) {
        builder.append('\n');
        left = nextLine(random, mean);
      } else {
        builder.append(character(random));
      }
    }
    data = builder.toString();
  }

  private static int nextLine(Random random, int mean) {
    return mean * 6 / 10 + random.nextInt(mean * 8 / 10) - 1;
  }

  private char character(Random random) {
    boolean other = random.nextInt(16) == 0;
    if (other && text.equals("latin")) {
      return 'ü';
    }
    if (other && text.equals("wide")) {
      return '漢';
    }
    return (char) (' ' + random.nextInt('~' - ' ' + 1));
  }

  @Benchmark
  public byte[] getBytes() {
    return data.getBytes(StandardCharsets.UTF_8);
  }

  @Benchmark
  public byte[] encode() {
    return SseFormat.encode("order", null, null, data, null);
  }

  @Benchmark
  public FrameTemplate draftAndFinish() {
    FrameTemplate draft = SseFormat.draft("order", null, data, null);
    draft.finish("k3v9x0aq", 1_234_567_890L);
    return draft;
  }

  /** Takes JMH's command line, for instance {@code -p text=ascii}. */
  public static void main(String[] args) throws RunnerException, CommandLineOptionException {
    new Runner(
            new OptionsBuilder()
                .parent(new CommandLineOptions(args))
                .include(EncodeBenchmark.class.getName())
                .build())
        .run();
  }
}
