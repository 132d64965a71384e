package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.starcast.Programs;
import org.starcast.testing.EventStreamParser;
import org.starcast.testing.ReceivedEvent;

/**
 * Gzip streams that refer back to what was written before, as the inflaters of others read them:
 * zlib by curl and by Python, and Java's. The browser's is in {@code GzipBrowserIT}.
 */
@ArquillianTest
@RunAsClient
class GzipIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int ROWS = 150;

  /** Says what a gzip stream gives, as soon as it does. */
  private static final String PYTHON =
      """
      import sys, zlib, http.client
      host, path = sys.argv[1:]
      c = http.client.HTTPConnection(host)
      c.request('GET', path, headers={'Accept-Encoding': 'gzip'})
      r = c.getresponse()
      assert r.headers['Content-Encoding'] == 'gzip'
      z = zlib.decompressobj(31)
      while True:
          b = r.read1(65536)
          if not b: break
          sys.stdout.buffer.write(z.decompress(b))
          sys.stdout.buffer.flush()
      """;

  @ArquillianResource URL base;

  private final List<AutoCloseable> open = new ArrayList<>();
  private final Random random = new Random(20);
  private final String[] rows = new String[ROWS];
  private Server server;

  @Deployment(testable = false)
  static WebArchive war() {
    return TestWar.with();
  }

  @BeforeEach
  void connect() {
    server = new Server(base);
    // those of the test before are counted until the server has found out
    await().atMost(PATIENCE).until(() -> server.clients() == 0);
    for (int i = 0; i < ROWS; i++) {
      change(i);
    }
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable one : open) {
      one.close();
    }
  }

  /** What a client has read so far. */
  private static final class Reader {
    private final EventStreamParser parser = new EventStreamParser();

    Reader(InputStream in) {
      Thread thread = new Thread(() -> read(in), "reader");
      thread.setDaemon(true);
      thread.start();
    }

    private void read(InputStream in) {
      byte[] bytes = new byte[8 << 10];
      try {
        for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
          parser.feed(bytes, 0, n);
        }
      } catch (IOException e) {
        // as it ends
      }
    }

    List<String> data() {
      return parser.events().stream().map(ReceivedEvent::data).toList();
    }
  }

  private void change(int row) {
    rows[row] =
        "<tr id=\"r%d\"><td>%s</td><td>%d</td></tr>"
            .formatted(row, Long.toString(random.nextLong(), 36), random.nextInt(10_000));
  }

  /** A table of about 8 kB, of which one row has changed; or a small event. */
  private String publish(String topic) {
    String data = "{\"price\":" + random.nextInt(10_000) + ",\"venue\":\"XNAS\"}";
    if (random.nextInt(4) > 0) {
      change(random.nextInt(ROWS));
      data = String.join("\n", rows);
    }
    assertThat(server.publish("topic", topic, "data", data).statusCode()).isLessThan(300);
    return data;
  }

  private Reader process(String... command) throws IOException {
    Process process =
        new ProcessBuilder(command).redirectError(new File("target/gzip-client.log")).start();
    open.add(process::destroy);
    return new Reader(process.getInputStream());
  }

  private URI uri(String topics) {
    return server.uri("starcast/stream?" + topics);
  }

  private Reader curl(String topics) throws IOException {
    return process("curl", "-sN", "--compressed", uri(topics).toString());
  }

  private Reader python(String topics) throws IOException {
    URI uri = uri(topics);
    return process(
        "python3", "-c", PYTHON, uri.getAuthority(), uri.getPath() + "?" + uri.getQuery());
  }

  private Reader java(String topics) throws Exception {
    HttpResponse<InputStream> response =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(uri(topics)).header("Accept-Encoding", "gzip").build(),
                HttpResponse.BodyHandlers.ofInputStream());
    assertThat(response.headers().firstValue("Content-Encoding")).contains("gzip");
    open.add(response.body());
    return new Reader(new GZIPInputStream(response.body()));
  }

  private interface Opener {
    Reader open(String topics) throws Exception;
  }

  /** Clients of one topic and of two, from the begin and later, with heartbeats in between. */
  private void everyClientGetsWhatWasPublished(String topic, Opener opener) throws Exception {
    String other = topic + "2";
    String both = "topic=" + topic + "&topic=" + other;
    List<String> ofOne = new ArrayList<>();
    List<String> ofBoth = new ArrayList<>();
    List<String> ofLater = new ArrayList<>();
    Reader one = opener.open("topic=" + topic);
    Reader two = opener.open(both);
    await().atMost(PATIENCE).until(() -> server.clients() == 2);
    Reader later = null;
    for (int i = 0; i < 40; i++) {
      if (i == 15) {
        later = opener.open("topic=" + topic);
        await().atMost(PATIENCE).until(() -> server.clients() == 3);
      }
      if (i == 25) {
        // a heartbeat, and the events behind it
        int written = server.statistics().getInt("written");
        await().atMost(PATIENCE).until(() -> server.statistics().getInt("written") >= written + 3);
      }
      if (random.nextInt(3) == 0) {
        ofBoth.add(publish(other));
      } else {
        String data = publish(topic);
        ofOne.add(data);
        ofBoth.add(data);
        if (later != null) {
          ofLater.add(data);
        }
      }
    }
    Reader last = later;
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(one.data()).isEqualTo(ofOne);
              assertThat(two.data()).isEqualTo(ofBoth);
              assertThat(last.data()).isEqualTo(ofLater);
            });
  }

  @Test
  void curlInflatesIt() throws Exception {
    assumeTrue(Programs.find("", "curl").isPresent(), "skipped: there is no curl");
    everyClientGetsWhatWasPublished("curl", this::curl);
  }

  @Test
  void zlibInflatesItAsItComes() throws Exception {
    assumeTrue(Programs.find("", "python3").isPresent(), "skipped: there is no python3");
    everyClientGetsWhatWasPublished("python", this::python);
  }

  @Test
  void javaInflatesIt() throws Exception {
    everyClientGetsWhatWasPublished("java", this::java);
  }

  @Test
  void ofATableOnlyWhatHasChangedIsSent() throws IOException {
    RawStream packed = RawStream.open(uri("topic=table"), "Accept-Encoding: gzip");
    open.add(packed);
    List<Integer> lengths = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      change(random.nextInt(ROWS));
      String marked = "event " + i + "\n" + String.join("\n", rows);
      int before = packed.bytes().length;
      server.publish("topic", "table", "data", marked);
      String mark = "data: event " + i + "\n";
      await().atMost(PATIENCE).until(() -> complete(packed.unzipped(), mark));
      lengths.add(packed.bytes().length - before);
    }
    int first = lengths.get(0);
    assertThat(Stream.of(lengths.get(6), lengths.get(7))).allMatch(n -> n < first / 4);
  }

  private static boolean complete(String stream, String mark) {
    int at = stream.indexOf(mark);
    return at >= 0 && stream.indexOf("\n\n", at) > 0;
  }
}
