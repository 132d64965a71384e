package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random requests at each built-in endpoint: most of them nearly right, so that they get far. How
 * many is {@code -Dstarcast.test.fuzz.requests}, for each endpoint; which, {@code
 * -Dstarcast.test.fuzz.seed}.
 */
@ArquillianTest
@RunAsClient
class FuzzIT {

  private static final int REQUESTS = Integer.getInteger("starcast.test.fuzz.requests", 500);
  private static final long SEED = Long.getLong("starcast.test.fuzz.seed", 20261121L);
  private static final boolean PAYARA = "payara".equals(System.getProperty("arquillian.launch"));
  private static final int THREADS = 4;
  private static final Tokens TOKENS = new Tokens();

  /** What tells a stranger how the server is made inside. */
  private static final Pattern LEAK =
      Pattern.compile(
          "\\sat [a-z]+\\.|Exception|java\\.(lang|util|io)\\.|jakarta\\.|org\\.(starcast|jboss|"
              + "glassfish|apache|wildfly)\\.|Caused by|StackTrace|NullPointer");

  private static final String[] METHODS = {
    "GET", "GET", "GET", "POST", "POST", "POST", "DELETE", "OPTIONS", "HEAD", "PUT", "PATCH",
    "TRACE", "QUERY", "QUERY", "get", "X"
  };
  private static final String[] NAMES = {
    "topic",
    "topic",
    "topic",
    "mute",
    "sender",
    "history",
    "lastEventId",
    "resume",
    "datastar",
    "data",
    "event",
    "type",
    "limit",
    "after",
    "metadata",
    "offset",
    "live",
    "cursor",
    "access_token",
    "",
    "Topic",
    "topic[]"
  };
  private static final String[] VALUES = {
    "a",
    "a.b",
    "a.*",
    "*",
    "+",
    "**",
    "a..b",
    ".",
    "",
    "a b",
    "starcast.presence.a",
    "user.*",
    "1",
    "-1",
    "0",
    "1000",
    "99999999999",
    "true",
    "earliest",
    "now",
    "sse",
    "long-poll",
    "x-1",
    "1-1-1",
    "{}",
    "{\"a\":1}",
    "null",
    "%00",
    "%0d%0aX: y",
    "%zz",
    "%",
    "%ff%fe",
    "%ed%a0%80",
    "\u00e9",
    "%F0%9F%98%80",
    "'\"<>",
    "../..",
    "${jndi:ldap://x}",
    "#{1+1}",
    "a;b=c",
    "a=b",
    "+.+.+.+",
    "a*a*a*a*a*a*a*a*a*a*a*b"
  };
  private static final String[] HEADERS = {
    "Accept: text/event-stream",
    "Accept: application/json",
    "Accept: x",
    "Accept: */*;q=0",
    "Accept:",
    "Accept-Encoding: gzip",
    "Accept-Encoding: gzip;q=x, *;q=9",
    "Last-Event-ID: x",
    "Last-Event-ID: x-1",
    "Last-Event-ID: earliest",
    "Last-Event-ID: \u0001",
    "Stream-TTL: 1",
    "Stream-TTL: -1",
    "Stream-Expires-At: 2999-01-01T00:00:00Z",
    "Stream-Expires-At: +999999999-12-31T23:59:59Z",
    "Stream-Closed: true",
    "Stream-Seq: \u00e9",
    "Producer-Id: a",
    "Producer-Epoch: 0",
    "Producer-Seq: 99999999999999999999",
    "If-None-Match: x",
    "Origin: null",
    "Origin: http://x",
    "Origin: https://shop.example",
    "Sec-Fetch-Site: same-origin",
    "Sec-Fetch-Site: cross-site",
    "Access-Control-Request-Method: POST",
    "Access-Control-Request-Headers: a,b",
    "Content-Type: application/x-www-form-urlencoded",
    "Content-Type: application/x-www-form-urlencoded;charset=x",
    "Content-Type: application/json",
    "Content-Type: x",
    "Content-Type:",
    "Content-Encoding: gzip",
    "Authorization: Basic eDp5",
    "Authorization: Bearer x",
    "Authorization: Bearer a.b.c",
    "Authorization:",
    "Cookie: a=b",
    "Cookie: JSESSIONID=x; Bearer=y",
    "Range: bytes=0-1",
    "If-None-Match: *",
    "Expect: x",
    "X-Forwarded-For: 1.2.3.4",
    "X-HTTP-Method-Override: DELETE",
    "Transfer-Encoding: x"
  };

  @ArquillianResource URL base;

  @Deployment(testable = false)
  static WebArchive war() {
    return AttackIT.war(
        TOKENS,
        "starcast.message.max-bytes=8192",
        "starcast.max-clients=200",
        "starcast.endpoint.monitor.enabled=true",
        "starcast.endpoint.durable-streams.enabled=true",
        "starcast.durable-streams.poll-timeout=PT1S",
        "starcast.durable-streams.bytes=65536",
        "starcast.cors.origins=https://shop.example",
        "starcast.security.rules.\"a.*\".subscribe=*",
        "starcast.security.rules.\"a.*\".publish=*",
        "starcast.security.rules.\"user.{user}.*\".subscribe=**",
        "starcast.security.rules.\"*\".administer=*");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "stream",
        "publish",
        "clients",
        "clients/x",
        "stats",
        "monitor",
        "monitor/check",
        "monitor/figures",
        "monitor/tap",
        "durable/a.b"
      })
  void noRequestFindsTheServerUnprepared(String endpoint) throws Exception {
    URI api = URI.create(base.toString()).resolve("api/starcast/");
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<Map<Integer, Integer>>> running = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        long seed = SEED * 31 + endpoint.hashCode() * 7L + thread;
        running.add(threads.submit(() -> fuzz(api, endpoint, seed, REQUESTS / THREADS)));
      }
      Map<Integer, Integer> statuses = new TreeMap<>();
      for (Future<Map<Integer, Integer>> part : running) {
        part.get().forEach((status, count) -> statuses.merge(status, count, Integer::sum));
      }
      // a fuzzer that never gets through the front door shows nothing
      assertThat(statuses.keySet()).as(statuses.toString()).hasSizeGreaterThan(2);
      assertThat(statuses.keySet()).anyMatch(status -> status >= 200 && status < 300);
    } finally {
      threads.shutdownNow();
    }
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () ->
                assertThat(RawHttp.once(api.resolve("stats"), "GET", "").status()).isEqualTo(200));
  }

  /** How often each status came; 0 stands for a connection that was closed without an answer. */
  private static Map<Integer, Integer> fuzz(URI api, String endpoint, long seed, int requests)
      throws IOException {
    Random random = new Random(seed);
    Map<Integer, Integer> statuses = new TreeMap<>();
    try (RawHttp http = new RawHttp(api)) {
      for (int i = 0; i < requests; i++) {
        String method = pick(random, METHODS);
        byte[] request = request(random, api, method, endpoint);
        int status = 0;
        try {
          RawHttp.Answer answer = answer(http, request, method.equals("HEAD"));
          status = answer.status();
          String shown =
              "seed %d, request %d: %s%n%s"
                  .formatted(seed, i, new String(request, StandardCharsets.UTF_8), answer);
          assertThat(status).as(shown).isNotEqualTo(500).isBetween(200, 505);
          assertThat(LEAK.matcher(answer.headers() + answer.body()).find()).as(shown).isFalse();
          // Grizzly sends its error pages to HEAD requests, too
          if (answer.isStream() || method.equals("HEAD") || random.nextInt(50) == 0) {
            http.drop();
          }
        } catch (SocketTimeoutException e) {
          throw new AssertionError(
              "seed %d, request %d is not answered: %s"
                  .formatted(seed, i, new String(request, StandardCharsets.UTF_8)),
              e);
        } catch (SocketException | EOFException e) {
          // what is no HTTP at all may be answered by closing the connection
          http.drop();
        }
        statuses.merge(status, 1, Integer::sum);
      }
    }
    return statuses;
  }

  /**
   * Sends again, on a new connection, what is not answered on a used one, as clients do: under load
   * Undertow loses about one of 300,000 requests there, even such as it refuses before any
   * application sees them.
   */
  private static RawHttp.Answer answer(RawHttp http, byte[] request, boolean headOnly)
      throws IOException {
    boolean used = http.isOpen();
    try {
      return http.send(request, headOnly);
    } catch (SocketTimeoutException e) {
      if (!used) {
        throw e;
      }
      System.err.println("sent again: " + new String(request, StandardCharsets.UTF_8));
      return http.send(request, headOnly);
    }
  }

  private static byte[] request(Random random, URI api, String method, String endpoint) {
    StringBuilder target = new StringBuilder(api.getPath()).append(endpoint);
    if (random.nextInt(8) == 0) {
      target.append(pick(random, "/", "//", "/..", "/%2e%2e", ";a=b", "/x", "%00", "%2F", "/%"));
    }
    int parameters = random.nextInt(5);
    for (int i = 0; i < parameters; i++) {
      target.append(i == 0 ? '?' : '&').append(field(random).replace(' ', '+'));
    }
    StringBuilder body = new StringBuilder();
    if (!method.equals("GET") && random.nextInt(5) > 0) {
      if (random.nextInt(3) > 0) {
        body.append("topic=a.b&data=x&");
      }
      for (int i = random.nextInt(5); i > 0; i--) {
        body.append(field(random)).append('&');
      }
      if (random.nextInt(30) == 0) {
        body.append("x".repeat(random.nextInt(40_000)));
      }
    }
    byte[] content = body.toString().getBytes(StandardCharsets.UTF_8);
    StringBuilder head = new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: ");
    head.append(api.getAuthority()).append("\r\n");
    if ((method.equals("POST") || method.equals("QUERY")) && random.nextInt(6) > 0) {
      head.append("Content-Type: application/x-www-form-urlencoded\r\n");
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      head.append(pick(random, HEADERS)).append("\r\n");
    }
    if (PAYARA && head.indexOf("form-urlencoded") >= 0) {
      // Jersey's servlet reads the query of such requests before it looks for a resource, and
      // answers 500 by itself where that is malformed
      int query = head.indexOf("?") < 0 ? 0 : head.indexOf("?");
      int end = head.indexOf(" HTTP/1.1");
      if (query > 0 && query < end) {
        head.replace(query, end, head.substring(query, end).replace("%", "%25"));
      }
    }
    head.append("Content-Length: ").append(content.length).append("\r\n\r\n");
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    request.writeBytes(head.toString().getBytes(StandardCharsets.UTF_8));
    request.writeBytes(content);
    return request.toByteArray();
  }

  private static String field(Random random) {
    StringBuilder value = new StringBuilder(pick(random, VALUES));
    if (random.nextInt(10) == 0) {
      value.append(".x".repeat(random.nextInt(200)));
    }
    if (random.nextInt(10) == 0) {
      for (int i = random.nextInt(20); i > 0; i--) {
        value.append("%%%02x".formatted(random.nextInt(256)));
      }
    }
    return random.nextInt(12) == 0
        ? value.toString()
        : pick(random, NAMES) + (random.nextInt(15) == 0 ? "" : "=") + value;
  }

  private static String pick(Random random, String... values) {
    return values[random.nextInt(values.length)];
  }
}
