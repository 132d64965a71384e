package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.EmptyAsset;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starcast.it.http.HttpApplication;

/** What comes over HTTP, and lies between a resource and its client, as bytes and sockets. */
@ArquillianTest
@RunAsClient
class HttpIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int MANY = Integer.getInteger("starcast.test.http.requests", 200);

  /** More than fit the URL that a server takes. */
  private static final int TOPICS = 1_000;

  /** How much other classes have had the server log. */
  private static int logged;

  @ArquillianResource URL base;

  private final List<RawStream> open = new ArrayList<>();
  private URI api;
  private RawHttp http;
  private String topic;

  @Deployment(testable = false)
  static WebArchive war() {
    String config =
        String.join(
            "\n",
            "starcast.endpoint.enabled=true",
            "starcast.endpoint.publish.enabled=true",
            "starcast.endpoint.registry.enabled=true",
            "starcast.monitor.enabled=true",
            "starcast.heartbeat=PT1S",
            "starcast.send-timeout=PT3S",
            "starcast.message.max-bytes=4000000",
            "starcast.queue.bytes=50000000",
            "starcast.max-patterns-per-client=" + TOPICS,
            "starcast.max-clients-per-address=5000");
    return ShrinkWrap.create(WebArchive.class, "starcast-http.war")
        .addPackage(HttpApplication.class.getPackage())
        .addAsLibrary(new File(System.getProperty("starcast.jar")))
        .addAsResource(new StringAsset(config), "META-INF/microprofile-config.properties")
        .addAsWebResource(new StringAsset("<p>#{1 + 1}</p>"), "page.xhtml")
        .addAsWebInfResource(EmptyAsset.INSTANCE, "beans.xml");
  }

  @BeforeAll
  static void measureLog() throws IOException {
    logged = log().length();
  }

  @BeforeEach
  void connect() {
    api = URI.create(base.toString()).resolve("api/");
    http = new RawHttp(api);
    topic = "t" + System.nanoTime();
  }

  @AfterEach
  void closeStreams() throws IOException {
    for (RawStream stream : open) {
      stream.close();
    }
    http.close();
  }

  private String target(String path) {
    return RawHttp.target(api.resolve(path));
  }

  private RawHttp.Answer get(String path) throws IOException {
    return http.send("GET", target(path), "");
  }

  private int clients() throws IOException {
    return Integer.parseInt(get("http/clients").body());
  }

  private long closed(String reason) throws IOException {
    return Long.parseLong(get("http/closed/" + reason).body());
  }

  private void publish(int size, String data) throws IOException {
    String path = "http/publish/" + topic + "?size=" + size;
    assertThat(http.send("POST", target(path), data, "Content-Type: text/plain").status())
        .isEqualTo(204);
  }

  private RawStream stream(String... headers) throws IOException {
    return open("http/stream/" + topic, headers);
  }

  private RawStream open(String path, String... headers) throws IOException {
    RawStream stream = RawStream.open(api.resolve(path), headers);
    open.add(stream);
    return stream;
  }

  private RawStream stalled() throws IOException {
    RawStream stream = RawStream.stalled(api.resolve("http/stream/" + topic), 4096);
    open.add(stream);
    return stream.readGreeting();
  }

  private Socket socket() throws IOException {
    Socket socket = new Socket();
    socket.setTcpNoDelay(true);
    socket.setSoTimeout((int) PATIENCE.toMillis());
    socket.connect(new InetSocketAddress(api.getHost(), api.getPort()), 10_000);
    return socket;
  }

  // ---- clients that take nothing, little, or are gone

  /** With a component in the jar it would be: Faces looks for such classes, and takes over. */
  @Test
  void theJarMakesNoApplicationOneOfFaces() throws IOException {
    RawHttp.Answer page = RawHttp.once(URI.create(base + "page.xhtml"), "GET", "");
    assertThat(page.status()).isEqualTo(200);
    assertThat(page.body()).isEqualTo("<p>#{1 + 1}</p>");
  }

  @Test
  void aClientThatTakesNothingLosesItsConnectionAndWhatWaitedForIt() throws IOException {
    long before = closed("TIMEOUT");
    RawStream stream = stalled();
    int size = 3_000_000;

    publish(size, "");
    await().atMost(PATIENCE).until(() -> closed("TIMEOUT") == before + 1);

    // its connection ends with what the kernel had
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(stream.write()).as("the connection is there").isFalse());
    stream.readAll();
    assertThat(stream.bytes().length).isLessThan(size / 2);
  }

  @Test
  void aClientThatTakesBytesSlowlyGetsItsMessage() throws IOException {
    long before = closed("TIMEOUT");
    RawStream stream = stalled();
    int size = 450_000;

    publish(size, "");
    // longer than the send timeout, twice
    stream.readSlowly(() -> LockSupport.parkNanos(Duration.ofMillis(80).toNanos()), size);

    assertThat(closed("TIMEOUT")).isEqualTo(before);
    assertThat(stream.data()).singleElement().asString().hasSize(size);
  }

  @Test
  void clientsThatAreGoneBeforeTheirStreamIsOpenLeaveNothingAndNoTraceInTheLog()
      throws IOException {
    long before = closed("CLIENT_GONE");
    int until = log().length();
    byte[] request = request("GET", "starcast/stream?topic=a", "");
    for (int i = 0; i < 100; i++) {
      Socket socket = socket();
      socket.getOutputStream().write(request);
      socket.setSoLinger(true, 0);
      socket.close();
    }

    // some are gone before the server has read their request
    await().atMost(PATIENCE).until(() -> closed("CLIENT_GONE") > before);
    await().atMost(PATIENCE).until(() -> clients() == 0);
    assertThat(log().substring(until)).doesNotContain("\tat ");
  }

  static String log() throws IOException {
    String server = System.getProperty("server.name");
    Path log =
        "payara".equals(System.getProperty("arquillian.launch"))
            ? Path.of("target", server + ".log")
            : Path.of("target", server, "log", "server.log");
    return Files.readString(log, StandardCharsets.ISO_8859_1);
  }

  // ---- requests of any kind

  private byte[] request(String method, String path, String rest) {
    return (method
            + " "
            + target(path)
            + " HTTP/1.1\r\nHost: "
            + api.getAuthority()
            + "\r\n"
            + rest
            + "\r\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  /** Sends them on one connection; the status of each answer. */
  private List<Integer> repeat(String method, String path, int count) throws IOException {
    List<Integer> statuses = new ArrayList<>();
    try (RawHttp one = new RawHttp(api)) {
      for (int i = 0; i < count; i++) {
        statuses.add(one.send(request(method, path, ""), method.equals("HEAD")).status());
      }
    }
    return statuses;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "starcast/stream?topic=a",
        "starcast/publish",
        "starcast/clients",
        "starcast/monitor",
        "http/stream/a"
      })
  void requestsThatAreNoStreamsLeaveNoClient(String path) throws IOException {
    for (String method : List.of("HEAD", "OPTIONS", "FROBNICATE")) {
      List<Integer> statuses = repeat(method, path, MANY);
      assertThat(statuses).as(method).hasSize(MANY).doesNotContain(500);
      if (method.equals("HEAD") && path.contains("stream")) {
        assertThat(statuses).containsOnly(200);
      }
    }
    await().atMost(PATIENCE).until(() -> clients() == 0);
    byte[] halfHead = "GET / HTTP/1.1\r\nHost: x\r\nX-Ha".getBytes(StandardCharsets.US_ASCII);
    byte[] halfLine = "GE".getBytes(StandardCharsets.US_ASCII);
    byte[] halfBody = request("POST", path, FORM + "Content-Length: 1000\r\n\r\ntopic");
    byte[] halfChunk = request("GET", path, FORM + "Transfer-Encoding: chunked\r\n\r\n3e8\r\nto");
    for (int i = 0; i < MANY; i++) {
      try (Socket socket = socket()) {
        socket
            .getOutputStream()
            .write(
                switch (i % 4) {
                  case 0 -> halfHead;
                  case 1 -> halfLine;
                  case 2 -> halfBody;
                  default -> halfChunk;
                });
      }
    }
    await().atMost(PATIENCE).until(() -> clients() == 0);
  }

  private static final String FORM_TYPE = "Content-Type: application/x-www-form-urlencoded";
  private static final String FORM = FORM_TYPE + "\r\n";

  @Test
  void headIsAnsweredWithTheHeadOfTheStream() throws IOException {
    RawHttp.Answer head =
        http.send("HEAD", target("http/stream/" + topic), "", "Accept-Encoding: gzip");

    assertThat(head.status()).isEqualTo(200);
    assertThat(head.header("Content-Type")).startsWith("text/event-stream");
    assertThat(head.header("Content-Encoding")).isEqualTo("gzip");
    assertThat(head.header("Content-Security-Policy")).isNotNull();
    assertThat(head.header("Content-Length")).isNull();
    // refused as GET is
    assertThat(http.send("HEAD", target("starcast/stream?topic=a..b"), "").status()).isEqualTo(400);
    assertThat(http.send("HEAD", target("starcast/stream?topic=a"), "").status()).isEqualTo(200);
    await().atMost(PATIENCE).until(() -> clients() == 0);
  }

  // ---- subscriptions that do not fit a URL

  private String topics() {
    return IntStream.range(0, TOPICS)
        .mapToObj(i -> "topic=" + topic + "." + i)
        .collect(Collectors.joining("&"));
  }

  private RawStream subscribe(String method, String body, String... headers) throws IOException {
    String[] all = Stream.concat(Stream.of(FORM_TYPE), Stream.of(headers)).toArray(String[]::new);
    RawStream stream = RawStream.open(method, api.resolve("starcast/stream"), body, all);
    open.add(stream);
    return stream;
  }

  private void publishTo(int index, String data) throws IOException {
    String form = "topic=" + topic + "." + index + "&data=" + data;
    assertThat(http.send("POST", target("starcast/publish"), form, FORM_TYPE).status())
        .isEqualTo(202);
  }

  private static void untilData(RawStream stream, String... data) {
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(stream.data()).containsExactly(data));
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "QUERY"})
  void aSubscriptionThatDoesNotFitAUrlIsTheBodyOfARequest(String method) throws IOException {
    RawStream stream = subscribe(method, topics());
    assertThat(stream.status()).isEqualTo(200);
    assertThat(stream.header("Content-Type")).startsWith("text/event-stream");
    assertThat(stream.header("Cache-Control")).contains("no-cache");
    await().atMost(PATIENCE).until(() -> clients() == 1);
    publishTo(0, "first");
    publishTo(TOPICS - 1, "last");
    publishTo(TOPICS, "of nobody");
    untilData(stream, "first", "last");
    String seen = stream.events().get(1).lastEventId();
    stream.close();
    await().atMost(PATIENCE).until(() -> clients() == 0);

    publishTo(500, "meanwhile");
    untilData(subscribe(method, topics(), "Last-Event-ID: " + seen), "meanwhile");
    untilData(subscribe(method, topics() + "&lastEventId=" + seen), "meanwhile");
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "QUERY"})
  void aBodyIsNoWayRoundWhatAUrlIsRefusedFor(String method) throws IOException {
    String stream = target("starcast/stream");
    String many = topics() + "&topic=one.more";

    assertThat(http.send(method, stream, many, FORM_TYPE).body())
        .contains("topic: 1001 patterns, at most 1000");
    assertThat(
            http.send(method, stream, topics(), FORM_TYPE, "Origin: http://shop.example").status())
        .isEqualTo(403);
    assertThat(http.send(method, stream, "[]", "Content-Type: application/json").status())
        .isEqualTo(415);
    assertThat(http.send(method, stream, topics()).status()).isEqualTo(415);
    RawHttp.Answer tooLarge =
        http.send(method, stream, "topic=" + "a".repeat(4_000_000), FORM_TYPE);
    assertThat(tooLarge.status()).isEqualTo(413);
    assertThat(tooLarge.body()).contains("body: is larger than");
    await().atMost(PATIENCE).until(() -> clients() == 0);
  }

  @Test
  void theStreamSaysThatItTakesQueries() throws IOException {
    RawHttp.Answer options = http.send("OPTIONS", target("starcast/stream"), "");

    assertThat(options.header("Allow")).isEqualTo("GET, HEAD, POST, QUERY, OPTIONS");
    assertThat(options.header("Accept-Query")).isEqualTo("application/x-www-form-urlencoded");
  }

  // ---- what the application puts between

  private void assertGets(RawStream stream, String data) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(
                        "gzip".equals(stream.header("Content-Encoding"))
                            ? stream.unzipped()
                            : stream.text())
                    .matches("(?s)id: [a-z0-9-]+\nretry: 2000\n\n.*data: " + data + "\n.*"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"X-None: 0", "Accept-Encoding: gzip", "X-Encode: gzip", "X-Wrap: none"})
  void filtersOfTheApplicationReachTheStreamAndNothingIsCompressedTwice(String header)
      throws IOException {
    RawStream stream = stream(header);
    publish(0, "hello");

    assertThat(stream.status()).isEqualTo(200);
    assertThat(stream.header("Content-Security-Policy")).isEqualTo("default-src 'self'");
    assertThat(stream.header("Content-Encoding"))
        .isEqualTo(header.contains("gzip") ? "gzip" : null);
    assertGets(stream, "hello");
    // nothing is written at the end, either
    assertThat(http.send("DELETE", target("http/stream/" + topic), "").status()).isEqualTo(204);
    await().atMost(PATIENCE).until(stream::ended);
    assertGets(stream, "hello");
  }

  @Test
  void aServletFilterThatCompressesIsRefusedWithAWord() throws IOException {
    // the server may close such a connection
    RawHttp.Answer answer =
        RawHttp.once(api.resolve("http/stream/" + topic), "GET", "", "X-Wrap: gzip");

    assertThat(answer.status()).isEqualTo(500);
    assertLogged("have the filter leave text/event-stream out");
    await().atMost(PATIENCE).until(() -> clients() == 0);
  }

  @Test
  void aCodingThatIsNotOursIsRefusedWithAWord() throws IOException {
    RawStream stream = stream("X-Encode: br");

    await().atMost(PATIENCE).until(stream::ended);
    assertThat(stream.bytes()).isEmpty();
    assertLogged("Content-Encoding: br");
    await().atMost(PATIENCE).until(() -> clients() == 0);
  }

  private void assertLogged(String text) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(log().substring(logged)).contains(text));
  }

  // ---- what resource methods do wrong

  @ParameterizedTest
  @ValueSource(strings = {"throws", "throws-mapped"})
  void aResourceMethodThatFailsEndsItsStreamAndWritesNothingIntoIt(String path) throws IOException {
    endsItsStream(path);
  }

  @Test
  @EnabledIfSystemProperty(named = "arquillian.launch", matches = "wildfly")
  void onResteasyAResourceMethodThatClosesItsSinkEndsItsStream() throws IOException {
    endsItsStream("closes");
  }

  /** There the runtime's part has ended by then. */
  @Test
  @EnabledIfSystemProperty(named = "arquillian.launch", matches = "payara")
  void onJerseyAResourceMethodMayCloseItsSink() throws IOException {
    RawStream stream = open("http/closes/" + topic);
    await().atMost(PATIENCE).until(() -> clients() == 1);

    publish(0, "hello");

    assertGets(stream, "hello");
    stream.close();
    await().atMost(PATIENCE).until(() -> clients() == 0);
  }

  private void endsItsStream(String path) throws IOException {
    long before = closed("ERROR");
    RawStream stream = open("http/" + path + "/" + topic);

    await().atMost(PATIENCE).until(stream::ended);
    assertThat(stream.text()).matches("(id: [a-z0-9-]+\nretry: 2000\n\n)?");
    await().atMost(PATIENCE).until(() -> closed("ERROR") == before + 1);
    assertLogged("STARCAST-1043");
    await().atMost(PATIENCE).until(() -> clients() == 0);
  }

  @Test
  void aResourceMethodThatDoesNotProduceAnEventStreamIsToldSo() throws IOException {
    RawStream stream = open("http/no-stream/" + topic);

    await().atMost(PATIENCE).until(stream::ended);
    assertThat(stream.text()).doesNotContain("retry:");
    assertLogged("@Produces(MediaType.SERVER_SENT_EVENTS)");
    await().atMost(PATIENCE).until(() -> clients() == 0);
  }

  @Test
  void aFilterWithoutAsynchronousSupportIsNamed() throws IOException {
    assertThat(get("http/synchronous/" + topic).status()).isEqualTo(500);

    // Jersey says so itself
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(log().substring(logged))
                    .containsAnyOf("asyncSupported=true", "support for asynchronous request"));
  }

  @Test
  void beansOfTheRequestAreNotDestroyedOnAThreadThatWrites() throws IOException {
    RawStream stream = stream();
    publish(0, "hello");
    assertGets(stream, "hello");
    assertThat(http.send("DELETE", target("http/stream/" + topic), "").status()).isEqualTo(204);
    await().atMost(PATIENCE).until(stream::ended);

    await().atMost(PATIENCE).until(() -> get("http/destroyed-on").body().contains(topic));
    assertThat(get("http/destroyed-on").body()).doesNotContain("starcast-");
  }
}
