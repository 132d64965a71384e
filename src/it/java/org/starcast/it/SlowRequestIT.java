package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.RunAsClient;
import org.jboss.arquillian.junit5.container.annotation.ArquillianTest;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Requests that never get complete are given up, by the settings in {@code server-config}. */
@ArquillianTest
@RunAsClient
class SlowRequestIT {

  /** More than either server has threads for. */
  private static final int SLOW = 250;

  @ArquillianResource URL base;

  @Deployment(testable = false)
  static WebArchive war() {
    // streams are quiet for longer than a request may be
    return TestWar.with("starcast.heartbeat", "PT14S");
  }

  private Socket send(String request) throws IOException {
    Socket socket = new Socket();
    socket.connect(new InetSocketAddress(base.getHost(), base.getPort()), 10_000);
    socket.setSoTimeout(55_000);
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  @Test
  @EnabledIfSystemProperty(named = "arquillian.launch", matches = "wildfly")
  void halfAHeadIsGivenUp() throws Exception {
    try (Socket socket = send("GET / HTTP/1.1\r\nHost: x\r\nX-Slow")) {
      assertThat(socket.getInputStream().read()).as("the end of the connection").isEqualTo(-1);
    }
  }

  private static String get(Server server) {
    return "GET " + server.uri("probe/last-event-id").getPath() + " HTTP/1.1\r\nHost: x\r\n\r\n";
  }

  @Test
  void bodiesThatDoNotComeStopNobodyForLongAndStreamsGoOn() throws Exception {
    Server server = new Server(base);
    RawStream stream = server.stream("topic=a");
    String slow =
        "POST "
            + server.uri("starcast/publish").getPath()
            + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            + "Content-Length: 1000\r\n\r\ntopic";
    List<Socket> open = new ArrayList<>();
    try {
      for (int i = 0; i < SLOW; i++) {
        open.add(send(slow));
      }
      // less than the servers' own settings take: 30 s on Payara, for ever on WildFly
      try (Socket other = send(get(server))) {
        other.setSoTimeout(25_000);
        assertThat(RawStream.line(other.getInputStream())).isEqualTo("HTTP/1.1 200 OK");
      }
      await().atMost(Duration.ofSeconds(60)).until(() -> stream.text().contains("\n:\n"));
      assertThat(stream.ended()).isFalse();
    } finally {
      stream.close();
      for (Socket socket : open) {
        socket.close();
      }
    }
  }
}
