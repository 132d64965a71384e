package org.starcast.bench.jmh;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
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
import org.starcast.SseBroadcaster;
import org.starcast.SseMessage;
import org.starcast.datastar.DatastarSse;
import org.starcast.datastar.PatchElements;
import org.starcast.internal.wire.FrameTemplate;
import org.starcast.internal.wire.SseFormat;

/**
 * What it costs to make the bytes of one Datastar patch out of HTML, from {@code patchElements} to
 * the frame, with {@code String.getBytes} of the same HTML for comparison, and what the official
 * Java SDK (1.0.1) does for it, written anew: it does less (blank lines are dropped, CR is no line
 * break, nothing is checked).
 *
 * <p>The machine's other work disturbs averages; the percentiles of {@code -bm sample} stand it.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 20, time = 100, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
public class PatchBenchmark {

  private static final String SELECTOR = "#orders";

  /** The rows of a table, each 4 lines of 172 characters in all. */
  @Param({"1", "8", "100"})
  public int rows;

  private final DatastarSse datastar = new DatastarSse((SseBroadcaster) null);
  private String html;

  @Setup
  public void setUp() {
    StringBuilder builder = new StringBuilder();
    for (int row = 0; row < rows; row++) {
      builder.append(
          """
          <tr id="order-%05d" class="order fresh" data-on:click="@get('/orders/%05d')">
            <td class="item">Tea &amp; biscuits, a box of 12</td>
            <td class="price">%3d.50</td>
          </tr>
          """
              .formatted(row, row, row % 1000));
    }
    html = builder.toString();
  }

  @Benchmark
  public byte[] getBytes() {
    return html.getBytes(StandardCharsets.UTF_8);
  }

  @Benchmark
  public FrameTemplate patch() {
    SseMessage message =
        datastar
            .patchElements(html)
            .selector(SELECTOR)
            .mode(PatchElements.Mode.APPEND)
            .toSseMessage();
    FrameTemplate draft =
        SseFormat.draft(
            message.event().orElseThrow(), null, (CharSequence) message.data().orElseThrow(), null);
    draft.finish("k3v9x0aq", 1_234_567_890L);
    return draft;
  }

  @Benchmark
  public byte[] officialSdk() {
    List<String> dataLines = new ArrayList<>();
    dataLines.add("selector " + SELECTOR.trim());
    dataLines.add("mode append");
    html.lines()
        .filter(Predicate.not(String::isBlank))
        .map(line -> "elements " + line)
        .forEach(dataLines::add);
    StringBuilder output = new StringBuilder();
    output.append("event: ").append("datastar-patch-elements").append("\n");
    output.append("id: ").append("1234567890").append("\n");
    for (String line : dataLines) {
      output.append("data: ").append(line).append("\n");
    }
    output.append("\n");
    return output.toString().getBytes(StandardCharsets.UTF_8);
  }
}
