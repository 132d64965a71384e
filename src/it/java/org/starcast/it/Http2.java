package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Streams over HTTP/2, all on one connection, as a browser has them. */
public final class Http2 {

  /** What the application is deployed with; no heartbeat takes along what an event has left. */
  public static final String[] CONFIG = {
    "starcast.send-timeout", "PT2S", "starcast.heartbeat", "PT10M"
  };

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int STREAMS = 50;

  private final URI api;
  private final Server server;
  private final TlsClient client;

  /** The same application twice: over TLS, and in the clear to look at it from outside. */
  public Http2(URI secure, Server server) throws GeneralSecurityException {
    this.api = secure.resolve("api/");
    this.server = server;
    this.client = new TlsClient();
  }

  private TlsClient.Stream open(String path) throws IOException {
    TlsClient.Stream stream = client.open(api.resolve(path));
    assertThat(stream.version()).isEqualTo(HttpClient.Version.HTTP_2);
    return stream;
  }

  public void manyStreamsOfOneConnectionGetEachEventAtOnce() throws IOException {
    // without heartbeats those of other tests are there until something is written to them
    int others = server.clients();
    List<TlsClient.Stream> streams = new ArrayList<>();
    for (int i = 0; i < STREAMS; i++) {
      streams.add(open("starcast/stream?topic=h2." + i + "&topic=all").reading());
    }
    await().atMost(PATIENCE).until(() -> server.clients() >= STREAMS);
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      String data = "event " + i;
      expected.add(data);
      server.publish("topic", "all", "data", data);
      await()
          .atMost(PATIENCE)
          .until(() -> streams.stream().allMatch(stream -> stream.data().contains(data)));
    }
    assertThat(streams).allSatisfy(stream -> assertThat(stream.data()).isEqualTo(expected));

    int storm = 20_000;
    server.post("probe/storm?threads=4&events=" + storm + "&topics=" + STREAMS + "&prefix=h2", "");
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                streams.stream().mapToInt(stream -> stream.data().size()).sum()
                    == storm + STREAMS * expected.size());

    for (TlsClient.Stream stream : streams) {
      stream.close();
    }
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              server.publish("topic", "all", "data", "anybody there?");
              return server.clients() <= others;
            });
  }

  /** One tab that takes nothing must not take the others of the connection with it. */
  public void aStreamThatTakesNothingIsClosedAloneAndTheOthersGoOn() throws IOException {
    TlsClient.Stream healthy = open("starcast/stream?topic=healthy").reading();
    open("probe/stream/stalled?topic=flood.*&messages=100000&bytes=100000000");
    server.post("probe/storm?threads=1&events=2000&topics=1&prefix=flood&padding=20000", "");

    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              server.publish("topic", "healthy", "data", "still here");
              assertThat(server.journal().getValuesAs(Object::toString))
                  .contains("\"closed stalled TIMEOUT\"");
            });

    server.publish("topic", "healthy", "data", "and after");
    await().atMost(PATIENCE).until(() -> healthy.data().contains("and after"));
    assertThat(healthy.ended()).isFalse();
    TlsClient.Stream next = open("starcast/stream?topic=healthy").reading();
    server.publish("topic", "healthy", "data", "the next");
    await().atMost(PATIENCE).until(() -> next.data().contains("the next"));
    healthy.close();
    next.close();
  }

  /** What waits for it would stay until its client takes it, or leaves. */
  public void aStreamThatTakesNothingIsReset() throws IOException {
    TlsClient.Stream held = open("probe/stream/held?topic=hold.*&messages=100000&bytes=100000000");
    server.post("probe/storm?threads=1&events=2000&topics=1&prefix=hold&padding=20000", "");
    await().atMost(PATIENCE).until(() -> server.journalHas("closed held TIMEOUT"));

    held.reading();

    await().atMost(PATIENCE).until(held::wasReset);
  }

  /** Neither may a connection whose client lets everything come, and then reads nothing. */
  void aConnectionThatTakesNothingIsNotFilledWithoutEnd() throws IOException {
    URI uri = api.resolve("probe/stream/frozen?topic=ice.*&messages=100000&bytes=100000000");
    FrozenHttp2 frozen = FrozenHttp2.open(client.sockets(), uri);
    try {
      server.post("probe/storm?threads=1&events=2000&topics=1&prefix=ice&padding=20000", "");
      // 40 MB: had the server taken them all, nothing would be waited for
      await().atMost(PATIENCE).until(() -> server.journalHas("closed frozen TIMEOUT"));
    } finally {
      frozen.close();
    }
  }
}
