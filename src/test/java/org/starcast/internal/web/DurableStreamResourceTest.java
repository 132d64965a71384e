package org.starcast.internal.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.OutboundSseEvent;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.starcast.FakeSink;
import org.starcast.ResponseRuntime;
import org.starcast.RunningBroadcaster;
import org.starcast.SseMessage;
import org.starcast.internal.cdi.ContainerExecutors;
import org.starcast.internal.durable.DurableStreams;
import org.starcast.internal.durable.Operation;
import org.starcast.internal.durable.Outcome;
import org.starcast.stream.Source;
import org.starcast.stream.SseStreams;
import org.starcast.stream.SseStreams.NamedStream;
import org.starcast.stream.StreamOptions;

/** Who waits at the endpoint of durable streams, in front of the real ones, without a server. */
@ExtendWith(ResponseRuntime.class)
class DurableStreamResourceTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String ID = "notes.1";
  private static final String TEXT = "text/plain";
  private static final RunningBroadcaster RUNNING =
      new RunningBroadcaster("endpoint.durable-streams.enabled", "true", "heartbeat", "PT0.1S");
  private static final DurableStreams STREAMS = RUNNING.bean(DurableStreams.class);
  private static final SseStreams SSE = RUNNING.bean(SseStreams.class);
  private static final DurableStreamResource RESOURCE =
      new DurableStreamResource(
          STREAMS,
          SSE,
          RUNNING.config(),
          RUNNING.access(),
          RUNNING.refusals(),
          RUNNING.bean(ContainerExecutors.class));

  @AfterAll
  static void stop() {
    RUNNING.close();
  }

  /** A response that takes headers. */
  private static HttpServletResponse response() {
    return (HttpServletResponse)
        Proxy.newProxyInstance(
            DurableStreamResourceTest.class.getClassLoader(),
            new Class<?>[] {HttpServletResponse.class},
            (proxy, method, args) ->
                switch (method.getName()) {
                  case "setHeader" -> null;
                  case "containsHeader" -> false;
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  /** What a request is answered whose timeout never comes. */
  private static AsyncResponse answering(CompletableFuture<Response> answer) {
    return (AsyncResponse)
        Proxy.newProxyInstance(
            DurableStreamResourceTest.class.getClassLoader(),
            new Class<?>[] {AsyncResponse.class},
            (proxy, method, args) ->
                switch (method.getName()) {
                  case "setTimeoutHandler" -> null;
                  case "setTimeout" -> true;
                  case "resume" -> answer.complete((Response) args[0]);
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  private static CompletableFuture<Response> get(String... namesAndValues) {
    CompletableFuture<Response> answer = new CompletableFuture<>();
    ((DurableStreamResource.Plain) RESOURCE.stream(ID, null))
        .read(answering(answer), WebRequests.query(namesAndValues), response());
    return answer;
  }

  private static CompletableFuture<Response> poll(String offset) {
    return get("offset", offset, "live", "long-poll");
  }

  private static FakeSink events(String offset) {
    FakeSink sink = FakeSink.instant();
    ((DurableStreamResource.Live) RESOURCE.stream(ID, "sse"))
        .read(sink, WebRequests.query("offset", offset, "live", "sse"), response());
    return sink;
  }

  private static <T> T done(CompletionStage<T> outcome) throws Exception {
    return outcome.toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private static String append(String text) throws Exception {
    Outcome outcome =
        done(
            STREAMS.append(
                STREAMS.find(ID), Operation.append(TEXT, false, text.getBytes(UTF_8), null, null)));
    assertThat(outcome.status()).isEqualTo(204);
    return outcome.headers().get("Stream-Next-Offset");
  }

  private static String body(Response response) {
    return new String((byte[]) response.getEntity(), UTF_8);
  }

  /** The events, the cursors left out; comments are no events. */
  private static List<String> seen(FakeSink sink) {
    return sink.sent().stream()
        .filter(event -> event.getData() != null)
        .map(event -> event.getName() + " " + event.getData())
        .map(event -> event.replaceAll("\"streamCursor\":\"[^\"]*\",", ""))
        .toList();
  }

  private static String upToDate(String offset) {
    return "control {\"streamNextOffset\":\"" + offset + "\",\"upToDate\":true}";
  }

  private static long comments(FakeSink sink) {
    return sink.sent().stream().map(OutboundSseEvent::getComment).filter(c -> c != null).count();
  }

  @Test
  void pingsNeitherWakeWhoWaitsNorCountAsContent() throws Exception {
    done(STREAMS.create(ID, Operation.create(TEXT, null, null, false, null)));
    String first = append("a");
    FakeSink events = events(first);
    CompletableFuture<Response> poll = poll(first);
    await().atMost(PATIENCE).until(() -> seen(events).size() == 1);

    // of a named stream on the same topic, and the comments that all clients get
    NamedStream named =
        SSE.named(
            ID,
            Source.emitter(items -> {}),
            StreamOptions.defaults()
                .heartbeat(
                    Duration.ofMillis(10),
                    () -> SseMessage.builder().event("ping").data("p").build()));
    await().atMost(PATIENCE).until(() -> named.items() >= 3 && comments(events) >= 2);
    assertThat(poll).isNotDone();
    Response now = done(get("offset", "now"));
    assertThat(now.getHeaders().getFirst("Stream-Next-Offset")).hasToString(first);
    assertThat(now.getHeaders().getFirst("Stream-Up-To-Date")).hasToString("true");

    String second = append("b");
    Response answer = done(poll);
    assertThat(answer.getStatus()).isEqualTo(200);
    assertThat(body(answer)).isEqualTo("b");
    assertThat(answer.getHeaders().getFirst("Stream-Next-Offset")).hasToString(second);

    // who comes back with the offset that it has waits on, among pings as before
    CompletableFuture<Response> next = poll(second);
    long before = named.items();
    await().atMost(PATIENCE).until(() -> named.items() >= before + 3);
    assertThat(next).isNotDone();
    named.stop();
    done(named.completion());
    String third = append("c");
    assertThat(body(done(next))).isEqualTo("c");

    List<String> all =
        List.of(upToDate(first), "data b", upToDate(second), "data c", upToDate(third));
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(seen(events)).isEqualTo(all));
    assertThat(body(done(get("offset", "-1")))).isEqualTo("abc");
    FakeSink late = events("-1");
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(seen(late)).containsExactly("data abc", upToDate(third)));
  }
}
