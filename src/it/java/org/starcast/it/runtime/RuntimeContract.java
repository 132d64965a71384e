package org.starcast.it.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jboss.shrinkwrap.api.exporter.ZipExporter;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.starcast.it.Http2;
import org.starcast.it.PublisherOrder;
import org.starcast.it.RawHttp;
import org.starcast.it.RawStream;
import org.starcast.it.Redeployment;
import org.starcast.it.Server;
import org.starcast.it.TestWar;
import org.starcast.testing.EventStreamParser;
import org.starcast.testing.ReceivedEvent;

/**
 * What Starcast promises on every server, a row of the matrix for each test. A class for each
 * server has nothing but the server, so that failures are named by both. What undeploys comes last.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
abstract class RuntimeContract {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration DEPLOYMENT = Duration.ofSeconds(120);
  private static final int LOGGED = 500;
  private static final int REDEPLOYMENTS = 6;

  /** As many as a client may have here; they fit no URL. */
  private static final int FORM_TOPICS = 300;

  /** What stalled readers are sent, in rounds that a healthy one takes each before the next. */
  private static final int ROUNDS = 100;

  private static final int ROUND_EVENTS = 20;
  private static final int EVENT_BYTES = 100_000;

  /** What is said at each start: how many threads there are, that no rules are, the writer. */
  private static final String SAID = "(?s).*STARCAST-(1000|1020|1071): .*";

  private final Target target;
  @RegisterExtension final Matrix matrix;
  private final List<RawStream> open = new ArrayList<>();
  private String topic;
  private Path war;
  private Server server;

  RuntimeContract(Target target) {
    this.target = target;
    this.matrix = new Matrix(target);
  }

  @BeforeAll
  void bootAndDeploy() throws Exception {
    String home = System.getProperty("runtime.java");
    assumeThat(Path.of(home, "bin", "java")).as("a JDK at -Djdk.first, or at -Djdk.next").exists();
    int feature = Target.featureOf(Path.of(home));
    matrix.startedOn(feature);
    assumeThat(feature)
        .as("Java of %s %s", target.name(), target.version())
        .isBetween(target.oldestJava(), target.newestJava());
    Path folder = Path.of("target", "contract", getClass().getSimpleName() + "-java" + feature);
    delete(folder);
    target.start(folder, Path.of(home));
    war = target.folder().resolve(Target.APPLICATION + ".war");
    TestWar.forServer(
            target.libraries(),
            "starcast.send-timeout",
            "PT5S",
            "starcast.log.events",
            "" + LOGGED,
            "starcast.max-patterns-per-client",
            "" + FORM_TOPICS)
        .as(ZipExporter.class)
        .exportTo(war.toFile(), true);
    server = new Server(url());
    deploy();
    JsonObject runtime = server.runtime();
    String java = runtime.getString("java");
    assertThat(Runtime.Version.parse(java).feature()).as("Java %s", java).isEqualTo(feature);
    JsonObject apis = runtime.getJsonObject("microProfile");
    matrix.ranOn(
        java,
        apis.keySet().stream()
            .map(api -> api + " " + apis.getString(api))
            .collect(Collectors.joining(", ")));
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (var files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  @AfterAll
  void stop() throws Exception {
    target.stop();
  }

  private URL url() throws IOException {
    return new URL("http://127.0.0.1:" + target.port() + "/" + Target.APPLICATION + "/");
  }

  private void deploy() throws Exception {
    target.deploy(war);
    await().atMost(DEPLOYMENT).pollInterval(Duration.ofMillis(200)).until(this::isDeployed);
  }

  private void undeploy() throws Exception {
    target.undeploy();
    await().atMost(DEPLOYMENT).pollInterval(Duration.ofMillis(200)).until(() -> !isDeployed());
  }

  private boolean isDeployed() {
    try {
      return server.get("probe/statistics").statusCode() == 200;
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  @BeforeEach
  void nameTopics() {
    topic = "t-" + UUID.randomUUID();
  }

  @AfterEach
  void closeStreams() throws IOException {
    for (RawStream stream : open) {
      stream.close();
    }
    open.clear();
  }

  private RawStream stream(String query, String... headers) {
    return keep(server.stream(query, headers));
  }

  private RawStream probe(String id, String query) {
    return keep(server.open("probe/stream/" + id + "?" + query));
  }

  private RawStream keep(RawStream stream) {
    open.add(stream);
    return stream;
  }

  private String publish(String topic, String data) {
    HttpResponse<String> answer = server.publish("topic", topic, "data", data);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    return answer.body().replaceAll("\\{\"id\":\"(.*)\"}", "$1");
  }

  private void storm(int threads, int events, int bytes) {
    HttpResponse<String> answer =
        server.post(
            "probe/storm?topics=1&threads=%d&events=%d&padding=%d&prefix=%s"
                .formatted(threads, events, bytes, topic),
            "");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
  }

  private static void awaitData(RawStream stream, String... data) {
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(stream.data()).containsExactly(data));
  }

  private void awaitClosed(String id, String... reasons) {
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                Arrays.stream(reasons)
                    .anyMatch(reason -> server.journalHas("closed " + id + " " + reason)));
  }

  @Test
  @Order(1)
  void theHeadComesAtOnce() {
    RawStream stream = stream("topic=" + topic);

    assertThat(stream.status()).isEqualTo(200);
    // UTF-8 whether that is said or not: an event stream has no other encoding
    assertThat(stream.header("Content-Type").replace(" ", "").toLowerCase(Locale.ROOT))
        .isIn("text/event-stream;charset=utf-8", "text/event-stream");
    assertThat(stream.header("Cache-Control")).isEqualTo("no-cache, no-transform");
    assertThat(stream.header("X-Accel-Buffering")).isEqualTo("no");
    await()
        .atMost(PATIENCE)
        .until(() -> stream.text().matches("(?s)id: [a-z0-9]+-[0-9]+\nretry: 2000\n\n.*"));
    matrix.writer(String.join(", ", server.statistics().getJsonObject("byWriter").keySet()));
  }

  @Test
  @Order(2)
  void framesAreExact() {
    RawStream stream = stream("topic=" + topic);

    HttpResponse<String> answer =
        server.publish("topic", topic, "event", "greeting", "data", "a\r\n\nb\rc\u0000");

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    String id = answer.body().replaceAll("\\{\"id\":\"(.*)\"}", "$1");
    String frame = "event: greeting\ndata: a\ndata: \ndata: b\ndata: c\uFFFD\nid: " + id + "\n\n";
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(stream.text()).contains("\n\n" + frame));
  }

  @Test
  @Order(3)
  void eightPublishersAreHeardInOneOrder() {
    int events = 8_000;
    List<RawStream> streams = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      streams.add(
          probe(topic + i, "topic=" + topic + ".*&messages=10000&bytes=10000000").withoutBody());
    }

    storm(8, events, 100);

    for (RawStream stream : streams) {
      await().atMost(PATIENCE).until(() -> stream.count() >= events);
    }
    List<String> order = streams.get(0).data();
    assertThat(order).hasSize(events).doesNotHaveDuplicates();
    PublisherOrder.assertKept(order);
    for (RawStream stream : streams) {
      assertThat(stream.data()).isEqualTo(order);
    }
  }

  @Test
  @Order(4)
  void whoComesBackResumes() throws IOException {
    RawStream stream = stream("topic=" + topic);
    publish(topic, "seen");
    awaitData(stream, "seen");
    String last = stream.events().get(0).lastEventId();
    stream.close();
    publish(topic, "missed");

    RawStream again = stream("topic=" + topic, "Last-Event-ID: " + last);
    publish(topic, "live");

    awaitData(again, "missed", "live");
  }

  @Test
  @Order(5)
  void aGapIsTold() {
    String before = publish(topic, "seen");
    publish(topic, "gone");
    storm(1, LOGGED + 1, 0);
    publish(topic, "still there");

    RawStream stream = stream("topic=" + topic, "Last-Event-ID: " + before);

    await().atMost(PATIENCE).until(() -> stream.count() == 2);
    assertThat(stream.events().get(0).event()).isEqualTo("starcast-gap");
    assertThat(stream.events().get(1).data()).isEqualTo("still there");
  }

  @Test
  @Order(6)
  void gzipSaysTheSame() throws IOException {
    RawStream plain = stream("topic=" + topic);
    RawStream packed = stream("topic=" + topic, "Accept-Encoding: gzip");
    String large = "<tr><td>row</td></tr>\n".repeat(1000);

    publish(topic, "small");
    publish(topic, large);
    publish(topic, "end");

    awaitData(plain, "small", large, "end");
    assertThat(plain.header("Content-Encoding")).isNull();
    assertThat(packed.header("Content-Encoding")).isEqualTo("gzip");
    assertThat(packed.header("Vary")).containsIgnoringCase("Accept-Encoding");
    await().atMost(PATIENCE).until(() -> packed.unzipped().contains("data: end\n"));
    byte[] unzipped = packed.unzipped().getBytes(StandardCharsets.UTF_8);
    assertThat(new EventStreamParser().feed(unzipped, 0, unzipped.length).take())
        .filteredOn(ReceivedEvent.class::isInstance)
        .isEqualTo(plain.events());
    assertThat(packed.bytes().length).isLessThan(plain.bytes().length / 4);
  }

  @Test
  @Order(7)
  void aClosedConnectionIsNoticed() throws IOException {
    String id = "fin-" + topic;
    RawStream stream = probe(id, "topic=" + topic);
    await().atMost(PATIENCE).until(() -> server.journalHas("opened " + id));

    stream.close();

    awaitClosed(id, "CLIENT_GONE");
  }

  @Test
  @Order(8)
  void aResetConnectionIsNoticed() throws IOException {
    String id = "rst-" + topic;
    RawStream stream = probe(id, "topic=" + topic);
    await().atMost(PATIENCE).until(() -> server.journalHas("opened " + id));

    stream.reset();

    awaitClosed(id, "CLIENT_GONE");
  }

  @Test
  @Order(9)
  void aSilentClientIsNoticed() throws IOException {
    String id = "silent-" + topic;
    RawStream stream =
        keep(server.stalled(
                "probe/stream/%s?topic=%s.*&messages=100000&bytes=100000000".formatted(id, topic)))
            .readGreeting();

    storm(1, 200, EVENT_BYTES);

    awaitClosed(id, "TIMEOUT");
    // and its connection is gone for good, with what waited for it
    await().atMost(PATIENCE).until(() -> !stream.write());
  }

  @Test
  @Order(10)
  void stalledReadersAreHarmless() throws IOException {
    RawStream healthy =
        probe("healthy-" + topic, "topic=" + topic + ".*&messages=1000&bytes=50000000")
            .withoutBody();
    for (int i = 0; i < 10; i++) {
      keep(server.stalled("probe/stream/stalled" + i + "-" + topic + "?topic=" + topic + ".*"))
          .readGreeting();
    }

    for (int round = 1; round <= ROUNDS; round++) {
      storm(2, ROUND_EVENTS, EVENT_BYTES);
      int sent = round * ROUND_EVENTS;
      await()
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(5))
          .until(() -> healthy.count() >= sent);
    }

    assertThat(healthy.ended()).isFalse();
    for (int i = 0; i < 10; i++) {
      awaitClosed("stalled" + i + "-" + topic, "OVERFLOW", "TIMEOUT");
    }
  }

  @Test
  @Order(11)
  void headIsAnsweredAndIsNoClient() throws IOException {
    await().atMost(PATIENCE).until(() -> server.clients() == 0);

    RawHttp.Answer answer = RawHttp.once(server.uri("starcast/stream?topic=" + topic), "HEAD", "");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.header("Content-Type")).startsWith("text/event-stream");
    await().atMost(PATIENCE).until(() -> server.clients() == 0);
  }

  @Test
  @Order(12)
  void aSubscriptionMayBeAForm() throws IOException {
    URI uri = server.uri("starcast/stream");
    String type = "Content-Type: application/x-www-form-urlencoded";
    String form =
        IntStream.range(0, FORM_TOPICS)
            .mapToObj(i -> "topic=" + topic + "." + i)
            .collect(Collectors.joining("&"));
    for (String method : List.of("POST", "QUERY")) {
      await().atMost(PATIENCE).until(() -> server.clients() == 0);
      RawStream stream = keep(RawStream.open(method, uri, form, type));
      assertThat(stream.status()).as(method).isEqualTo(200);
      publish(topic + ".0", "first");
      publish(topic + "." + (FORM_TOPICS - 1), "last");
      awaitData(stream, "first", "last");
      String last = stream.events().get(1).lastEventId();
      stream.close();
      publish(topic + ".100", "missed");

      RawStream again = keep(RawStream.open(method, uri, form, type, "Last-Event-ID: " + last));
      publish(topic + ".200", "live");

      awaitData(again, "missed", "live");
      again.close();
      await().atMost(PATIENCE).until(() -> server.clients() == 0);
      assertThat(RawHttp.once(uri, method, form).status()).as(method).isEqualTo(415);
      assertThat(RawHttp.once(uri, method, "[]", "Content-Type: application/json").status())
          .as(method)
          .isEqualTo(415);
      assertThat(RawHttp.once(uri, method, form, type, "Origin: http://shop.example").status())
          .as(method)
          .isEqualTo(403);
      RawHttp.Answer tooLarge = RawHttp.once(uri, method, "topic=" + "a".repeat(2_000_000), type);
      assertThat(tooLarge.status()).as(method).isEqualTo(413);
      assertThat(tooLarge.body()).contains("body: is larger than");
      assertThat(server.clients()).isZero();
    }
  }

  @Test
  @Order(13)
  void filtersOfTheApplicationApply() {
    RawStream stream = stream("topic=" + topic);
    assertThat(stream.header("X-Servlet-Filter")).isEqualTo("was here");
    assertThat(stream.header("X-Rest-Filter")).isEqualTo("was here");
    publish(topic, "through");
    awaitData(stream, "through");

    assertThat(stream("topic=" + topic, "X-Refuse: yes").status()).isEqualTo(403);
  }

  @Test
  @Order(14)
  void signalsAreBoundAndValidated() {
    HttpResponse<String> bound =
        server.exchange(
            "POST",
            "signals/record",
            "application/json",
            "{\"user\":{\"name\":\"Ann\",\"age\":30},\"scores\":[1],\"done\":true}");
    assertThat(bound.statusCode()).as(bound.body()).isEqualTo(200);
    assertThat(bound.body())
        .isEqualTo("Page[user=Person[name=Ann, age=30], scores=[1], done=true]");

    HttpResponse<String> refused =
        server.exchange(
            "POST",
            "signals/record",
            "application/json",
            "{\"user\":{\"name\":\"Ann\",\"age\":200},\"scores\":[1],\"done\":true}");
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(refused.body()).contains("user.age");
  }

  @Test
  @Order(15)
  void whatACommittedTransactionFiredIsSentAndTheRestIsNot() {
    assumeThat(target.isServletContainer()).as("no transactions").isFalse();
    RawStream stream = stream("topic=" + topic);

    String fire = "transactions/fire?topic=" + topic;
    assertThat(server.post(fire + "&rollback=true", "lost").body()).isEqualTo("rolled back");
    assertThat(server.post(fire, "kept").body()).isEqualTo("committed");

    awaitData(stream, "kept");
  }

  @Test
  @Order(16)
  void manyStreamsShareOneConnectionOfHttp2() throws Exception {
    await().atMost(PATIENCE).until(() -> server.clients() == 0);
    Http2 http2 = new Http2(target.http2().resolve(Target.APPLICATION + "/"), server);

    http2.manyStreamsOfOneConnectionGetEachEventAtOnce();
    http2.aStreamThatTakesNothingIsClosedAloneAndTheOthersGoOn();
    if (target.isServletContainer()) {
      http2.aStreamThatTakesNothingIsReset();
    }
  }

  @Test
  @Order(17)
  void undeployingSaysWhenToComeBack() throws Exception {
    RawStream stream = stream("topic=" + topic);
    publish(topic, "the last");
    awaitData(stream, "the last");

    undeploy();

    await().atMost(PATIENCE).until(stream::ended);
    assertThat(stream.text()).containsPattern("retry: \\d+\n\n$");
  }

  @Test
  @Order(18)
  void redeployingLeavesNothingBehind() throws Exception {
    if (isDeployed()) {
      undeploy();
    }
    new Redeployment(
            new Redeployment.Host() {
              @Override
              public void deploy() throws Exception {
                RuntimeContract.this.deploy();
              }

              @Override
              public void undeploy() throws Exception {
                RuntimeContract.this.undeploy();
              }

              @Override
              public long pid() {
                return target.pid();
              }

              @Override
              public URL url() throws IOException {
                return RuntimeContract.this.url();
              }
            },
            REDEPLOYMENTS)
        .repeatedlyLeavesNothingBehind();
  }

  @Test
  @Order(19)
  void theLogIsQuiet() throws IOException {
    List<String> lines = Files.readAllLines(target.log(), StandardCharsets.ISO_8859_1);

    assertThat(lines)
        .filteredOn(line -> line.contains("STARCAST-"))
        .isNotEmpty()
        .allMatch(line -> line.matches(SAID));
    // what the JDK keeps for itself: the JVM warns, and names the class that has accessed it
    assertThat(lines)
        .noneMatch(line -> line.matches("(?s).*WARNING: .* by (class )?org\\.starcast\\..*"));
    // nor has anything failed in its code
    assertThat(lines)
        .noneMatch(line -> line.matches("(?s)\\s*at (\\S*/)?org\\.starcast\\.(?!it\\.).*"));
  }
}
