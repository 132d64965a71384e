package org.starcast.internal.engine;

import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.Deflater;
import org.starcast.internal.writer.Gzip;
import org.starcast.spi.StoredEvent;

/**
 * Bytes and processor time of one event for each way to compress streams: by itself, once for all;
 * with what came before, once for all; and by a compressor for each connection, gzip or (by node,
 * where there is one) brotli, of which the time is to be multiplied by the connections. Prints a
 * table in Markdown.
 *
 * <pre>
 * java -cp target/test-classes:target/classes:… org.starcast.internal.engine.GzipBench [clients]
 * </pre>
 */
public final class GzipBench {

  private static final int LEVEL = 6;
  private static final int ROUNDS = 5;

  /** With a window of 256 KiB and the quality that is usual for streams. */
  private static final String BROTLI =
      """
      const zlib = require('zlib'), fs = require('fs'), c = zlib.constants;
      const all = fs.readFileSync(process.argv[1]);
      const frames = [];
      for (let at = 0; at < all.length;) {
        const n = all.readInt32BE(at); frames.push(all.subarray(at + 4, at + 4 + n)); at += 4 + n;
      }
      const run = quality => new Promise(done => {
        const params = {[c.BROTLI_PARAM_QUALITY]: quality, [c.BROTLI_PARAM_LGWIN]: 18};
        const b = zlib.createBrotliCompress({params, flush: c.BROTLI_OPERATION_FLUSH});
        let bytes = 0, i = 0;
        b.on('data', d => { bytes += d.length; });
        const start = process.cpuUsage();
        const next = () => {
          if (i === frames.length) {
            const used = process.cpuUsage(start);
            done([bytes / frames.length, (used.user + used.system) / frames.length]);
          } else { b.write(frames[i++], () => b.flush(c.BROTLI_OPERATION_FLUSH, next)); }
        };
        next();
      });
      (async () => {
        let best;
        for (let i = 0; i < 3; i++) {
          const r = await run(5); if (!best || r[1] < best[1]) best = r;
        }
        console.log(best.join(' '));
      })();
      """;

  private final Random random = new Random(7);
  private final int clients;

  private GzipBench(int clients) {
    this.clients = clients;
  }

  /** Bytes of an event, and microseconds of the processor. */
  private record Cost(double bytes, double micros) {}

  private interface Way {
    long run(List<byte[]> events);
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    new GzipBench(args.length > 0 ? Integer.parseInt(args[0]) : 1_000).run();
  }

  private void run() throws IOException, InterruptedException {
    Map<String, List<byte[]>> kinds = new LinkedHashMap<>();
    kinds.put("Datastar table, a row changed", tables(300));
    kinds.put("JSON ticks", ticks(3_000));
    kinds.put("chat", chat(3_000));
    System.out.printf("| events | way | bytes | µs an event, %,d clients |%n", clients);
    System.out.println("|---|---|---|---|");
    for (Map.Entry<String, List<byte[]>> kind : kinds.entrySet()) {
      List<byte[]> events = kind.getValue();
      String name = kind.getKey();
      double plain = events.stream().mapToInt(e -> e.length).average().orElse(0);
      print(name, "not compressed", new Cost(plain, 0), 1);
      print(name, "once, by itself", measure(this::independent, events), 1);
      print(name, "once, with what came before", measure(this::chained, events), 1);
      print(name, "gzip for each connection", measure(this::connection, events), clients);
      Cost brotli = brotli(events);
      if (brotli != null) {
        print(name, "brotli (quality 5) for each connection", brotli, clients);
      }
    }
  }

  private static void print(String name, String way, Cost cost, int times) {
    System.out.printf("| %s | %s | %,.0f | %,.0f |%n", name, way, cost.bytes, cost.micros * times);
  }

  private static Cost measure(Way way, List<byte[]> events) {
    long best = Long.MAX_VALUE;
    long bytes = 0;
    for (int i = 0; i < ROUNDS; i++) {
      long start = System.nanoTime();
      bytes = way.run(events);
      best = Math.min(best, System.nanoTime() - start);
    }
    return new Cost((double) bytes / events.size(), best / 1e3 / events.size());
  }

  /** What the clients' streams take for them, all but the copy to each. */
  private long streams(List<byte[]> events, int histories) {
    Gzip gzip = new Gzip(LEVEL, 256);
    GzipHistories kept = new GzipHistories(LEVEL, histories);
    List<GzipStream> streams = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      streams.add(new GzipStream(kept));
    }
    List<Frame> log = new ArrayList<>();
    long bytes = 0;
    for (byte[] event : events) {
      Frame frame =
          new Frame(
              new StoredEvent(
                  log.size() + 1, 1, List.of("t"), null, List.of(), event, event.length),
              null,
              1,
              null,
              null);
      frame.audience(clients);
      log.add(frame);
      for (GzipStream stream : streams) {
        bytes += stream.next(frame, gzip).length;
      }
    }
    gzip.end();
    kept.end();
    return bytes / clients;
  }

  private long independent(List<byte[]> events) {
    return streams(events, 0);
  }

  private long chained(List<byte[]> events) {
    return streams(events, 1);
  }

  private long connection(List<byte[]> events) {
    Deflater deflater = new Deflater(LEVEL, true);
    long bytes = 0;
    for (byte[] event : events) {
      bytes += Gzip.deflate(deflater, event, event.length, Deflater.SYNC_FLUSH).length;
    }
    deflater.end();
    return bytes;
  }

  private static Cost brotli(List<byte[]> events) throws IOException, InterruptedException {
    Path file = Files.createTempFile("events", ".bin");
    try (DataOutputStream out = new DataOutputStream(Files.newOutputStream(file))) {
      for (byte[] event : events) {
        out.writeInt(event.length);
        out.write(event);
      }
    }
    Process node;
    try {
      node = new ProcessBuilder("node", "-e", BROTLI, file.toString()).start();
    } catch (IOException e) {
      return null;
    }
    String[] answer =
        new String(node.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim().split(" ");
    Files.delete(file);
    return node.waitFor() == 0
        ? new Cost(Double.parseDouble(answer[0]), Double.parseDouble(answer[1]))
        : null;
  }

  private static byte[] event(int number, String type, String data) {
    String event = "event: " + type + "\n" + data + "id: kq3x9-" + (1_000 + number) + "\n\n";
    return event.getBytes(StandardCharsets.UTF_8);
  }

  private String row(int id) {
    return "data: elements <tr id=\"row-%d\"><td class=\"name\">%s</td><td class=\"price\">%d</td></tr>\n"
        .formatted(id, Long.toString(random.nextLong(), 36), random.nextInt(10_000));
  }

  /** About 20 kB, of which one row changes each time. */
  private List<byte[]> tables(int count) {
    String[] rows = new String[210];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = row(i);
    }
    List<byte[]> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int changed = random.nextInt(rows.length);
      rows[changed] = row(changed);
      events.add(event(i, "datastar-patch-elements", String.join("", rows)));
    }
    return events;
  }

  private List<byte[]> ticks(int count) {
    String[] symbols = {"AAPL", "MSFT", "NVDA", "GOOG", "AMZN", "META", "SAP", "ASML", "IBM"};
    List<byte[]> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String data =
          ("data: {\"symbol\":\"%s\",\"bid\":%d.%02d,\"ask\":%d.%02d,\"bidSize\":%d,\"askSize\":%d,"
                  + "\"volume\":%d,\"time\":\"2026-11-30T01:%02d:%02d.%03dZ\",\"venue\":\"XNAS\"}\n")
              .formatted(
                  symbols[random.nextInt(symbols.length)],
                  100 + random.nextInt(900),
                  random.nextInt(100),
                  100 + random.nextInt(900),
                  random.nextInt(100),
                  100 * random.nextInt(90),
                  100 * random.nextInt(90),
                  random.nextInt(1_000_000),
                  i / 60 % 60,
                  i % 60,
                  random.nextInt(1_000));
      events.add(event(i, "tick", data));
    }
    return events;
  }

  private List<byte[]> chat(int count) {
    String[] words =
        ("the of and to in is you that it he was for on are as with his they at be this have from"
                + " or one had by word but not what all were we when your can said there use an"
                + " each which she do how their if will up other about out many then them these so"
                + " some her would make like him into time has look two more write go see number")
            .split(" ");
    String[] people = {"Anna", "Bert", "Chris", "Dora", "Emil", "Fay"};
    List<byte[]> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      StringBuilder text = new StringBuilder();
      for (int n = 4 + random.nextInt(25); n > 0; n--) {
        double rank = random.nextDouble();
        text.append(text.isEmpty() ? "" : " ").append(words[(int) (rank * rank * words.length)]);
      }
      String data =
          "data: {\"room\":\"lobby\",\"from\":\"%s\",\"at\":\"2026-11-30T01:%02d:%02dZ\",\"text\":\"%s\"}\n"
              .formatted(people[random.nextInt(people.length)], i / 60 % 60, i % 60, text);
      events.add(event(i, "message", data));
    }
    return events;
  }
}
