package org.starcast.site;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingHandle;
import dev.langchain4j.service.TokenStream;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.ws.rs.core.SecurityContext;
import jakarta.ws.rs.sse.OutboundSseEvent;
import java.lang.reflect.Proxy;
import java.security.Principal;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.concurrent.SubmissionPublisher;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.starcast.FakeSink;
import org.starcast.SseBroadcaster;
import org.starcast.SseStatistics.Metric;
import org.starcast.site.Deliveries.Delivery;
import org.starcast.site.Notices.Notice;
import org.starcast.site.Quotes.Quote;
import org.starcast.stream.SseStreams;
import org.starcast.stream.StreamOptions;
import org.starcast.testing.StarcastExtension;

/** What the how-to pages show does what they say. */
class ExamplesTest {

  /** A model whose answer is a token and the question, and that waits where there is none. */
  @ApplicationScoped
  static class FakeModel implements Answers.Model {
    private final AtomicInteger cancelled = new AtomicInteger();

    @Override
    public Call ask(
        String question, Consumer<String> token, Runnable done, Consumer<Throwable> failed) {
      token.accept("It is ");
      if (!question.isEmpty()) {
        token.accept(question);
        done.run();
      }
      return cancelled::incrementAndGet;
    }

    int cancelled() {
      return cancelled.get();
    }
  }

  /** Quotes as they change. */
  @ApplicationScoped
  static class Ticks {
    @Produces
    Flow.Publisher<Quote> ticks() {
      return subscriber -> {
        SubmissionPublisher<Quote> publisher = new SubmissionPublisher<>();
        publisher.subscribe(subscriber);
        for (int i = 0; i <= 100; i++) {
          publisher.submit(new Quote("ACME", i));
        }
        publisher.close();
      };
    }
  }

  private record User(String name) implements SecurityContext {
    @Override
    public Principal getUserPrincipal() {
      return () -> name;
    }

    @Override
    public boolean isUserInRole(String role) {
      return false;
    }

    @Override
    public boolean isSecure() {
      return true;
    }

    @Override
    public String getAuthenticationScheme() {
      return BASIC_AUTH;
    }
  }

  @RegisterExtension
  final StarcastExtension starcast =
      StarcastExtension.with(
          Imports.class,
          Notices.class,
          ChatRooms.class,
          Answers.class,
          FakeModel.class,
          Quotes.class,
          Ticks.class,
          Deliveries.class);

  private final FakeSink sink = FakeSink.instant();

  private SseBroadcaster broadcaster() {
    return starcast.get(SseBroadcaster.class);
  }

  /** The names of the events so far that have data. */
  private List<String> names() {
    return sink.sent().stream()
        .filter(event -> event.getData() != null)
        .map(OutboundSseEvent::getName)
        .toList();
  }

  private void untilData(Object... data) {
    await().untilAsserted(() -> assertThat(sink.data()).containsExactly(data));
  }

  @Test
  void aJobThatDoesNotExistIsAnError() {
    starcast.get(Imports.class).progress(sink, "8");
    await().until(sink::isClosed);
    assertThat(names()).containsExactly("error");
  }

  @Test
  void allTabsOfAUserGetItsNoticesAndNobodyElse() {
    Notices notices = starcast.get(Notices.class);
    FakeSink other = FakeSink.instant();
    FakeSink bobs = FakeSink.instant();
    notices.stream(sink, new User("ann.b"));
    notices.stream(other, new User("ann.b"));
    notices.stream(bobs, new User("bob"));

    notices.tell("ann.b", new Notice("for Ann", "#"));
    notices.tellAll(new Notice("for all", "#"));

    untilData("{\"link\":\"#\",\"text\":\"for Ann\"}", "{\"link\":\"#\",\"text\":\"for all\"}");
    await().untilAsserted(() -> assertThat(other.data()).isEqualTo(sink.data()));
    await()
        .untilAsserted(
            () -> assertThat(bobs.data()).containsExactly("{\"link\":\"#\",\"text\":\"for all\"}"));
  }

  @Test
  void linesOfARoomStayInIt() {
    ChatRooms rooms = starcast.get(ChatRooms.class);
    rooms.say("tea", "before", new User("ann"));
    rooms.enter(sink, "tea");
    rooms.enter(FakeSink.instant(), "*");
    rooms.say("*", "elsewhere", new User("ann"));
    rooms.say("tea", "after", new User("bob"));
    untilData(
        "{\"author\":\"ann\",\"text\":\"before\"}", "{\"author\":\"bob\",\"text\":\"after\"}");
  }

  @Test
  void anAnswerComesTokenByTokenAndOnceMoreToWhoComesLate() {
    Answers answers = starcast.get(Answers.class);
    String id = answers.ask("tea");
    answers.watch(sink, id);
    await().until(sink::isClosed);
    assertThat(names()).containsExactly("starcast-start", "token", "token", "starcast-end");
    FakeSink late = FakeSink.instant();
    answers.watch(late, id);
    await().until(late::isClosed);
    assertThat(late.data()).isEqualTo(sink.data()).contains("It is ", "tea");
  }

  @Test
  void theModelIsCancelledWhenTheAnswerIsStopped() {
    Answers answers = starcast.get(Answers.class);
    String id = answers.ask("");
    answers.watch(sink, id);
    await().until(() -> names().contains("token"));
    answers.stop(id);
    await().until(() -> starcast.get(FakeModel.class).cancelled() == 1);
    await().until(sink::isClosed);
    assertThat(sink.data()).last().asString().contains("\"outcome\":\"cancelled\"");
  }

  @Test
  void aTokenStreamIsASource() {
    FakeTokens tokens = new FakeTokens();
    SseStreams streams = starcast.get(SseStreams.class);
    streams.named("answers.l4j", TokenStreams.tokens(tokens.stream), StreamOptions.defaults());
    streams.watch(sink, "answers.l4j");
    await().until(() -> tokens.started);
    tokens.give("a");
    tokens.give("b");
    tokens.complete.accept(null);
    await().until(sink::isClosed);
    assertThat(sink.data()).contains("a", "b");
    assertThat(sink.data()).last().asString().contains("\"outcome\":\"completed\",\"items\":2");
    assertThat(tokens.cancelled).isFalse();
  }

  @Test
  void aTokenStreamIsCancelledWhenTheAnswerIsStopped() {
    FakeTokens tokens = new FakeTokens();
    SseStreams streams = starcast.get(SseStreams.class);
    streams.named("answers.stopped", TokenStreams.tokens(tokens.stream), StreamOptions.defaults());
    streams.watch(sink, "answers.stopped");
    await().until(() -> tokens.started);
    streams.named("answers.stopped").orElseThrow().stop();
    await().until(sink::isClosed);
    tokens.give("too late");
    assertThat(tokens.cancelled).isTrue();
    assertThat(sink.data()).last().asString().contains("\"outcome\":\"cancelled\"");
  }

  /** What an AI service of langchain4j gives, by the test. */
  private static final class FakeTokens implements StreamingHandle {
    private BiConsumer<PartialResponse, PartialResponseContext> token;
    private Consumer<ChatResponse> complete;
    private volatile boolean started;
    private volatile boolean cancelled;

    /** Its methods give it back, but for the one that starts it. */
    @SuppressWarnings("unchecked")
    private final TokenStream stream =
        (TokenStream)
            Proxy.newProxyInstance(
                TokenStream.class.getClassLoader(),
                new Class<?>[] {TokenStream.class},
                (proxy, method, arguments) -> {
                  switch (method.getName()) {
                    case "onPartialResponseWithContext" ->
                        token = (BiConsumer<PartialResponse, PartialResponseContext>) arguments[0];
                    case "onCompleteResponse" -> complete = (Consumer<ChatResponse>) arguments[0];
                    case "start" -> started = true;
                    default -> {}
                  }
                  return method.getReturnType() == void.class ? null : proxy;
                });

    void give(String text) {
      token.accept(new PartialResponse(text), new PartialResponseContext(this));
    }

    @Override
    public void cancel() {
      cancelled = true;
    }

    @Override
    public boolean isCancelled() {
      return cancelled;
    }
  }

  @Test
  void aQuoteReplacesTheOneThatWaits() {
    FakeSink slow = FakeSink.manual();
    Quotes quotes = starcast.get(Quotes.class);
    quotes.stream(slow);
    await()
        .until(
            () -> {
              if (slow.outstanding() > 0) {
                slow.complete();
              }
              for (int i = 0; i < 100; i++) {
                quotes.changed(new Quote("ACME", 1));
              }
              return broadcaster().statistics().get(Metric.COALESCED) > 0;
            });
    quotes.changed(new Quote("ACME", 2));
    await()
        .until(
            () -> {
              while (slow.outstanding() > 0) {
                slow.complete();
              }
              return slow.data().contains("{\"symbol\":\"ACME\",\"value\":2.0}");
            });
  }

  @Test
  void ticksAreThinnedOutToTheLatest() {
    starcast.get(Quotes.class).ticks(sink);
    await().until(sink::isClosed);
    assertThat(sink.data()).endsWith("{\"symbol\":\"ACME\",\"value\":100.0}");
    assertThat(sink.data().size()).isLessThan(100);
  }

  @Test
  void aChangeIsPushedAndCanStillBeRead() {
    Deliveries deliveries = starcast.get(Deliveries.class);
    deliveries.stream(sink, "7");
    deliveries.update(new Delivery("8", "here"));
    deliveries.update(new Delivery("7", "on the way"));
    untilData("{\"id\":\"7\",\"where\":\"on the way\"}");
    assertThat(deliveries.get("7")).isEqualTo(new Delivery("7", "on the way"));
  }
}
