package org.starcast.demo.answer;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import jakarta.annotation.Resource;
import jakarta.enterprise.concurrent.ManagedScheduledExecutorService;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * In place of a language model: it knows one answer, and gives it in tokens, some of them a second.
 * Asked to fail it fails, in the middle.
 */
@ApplicationScoped
public class FakeModel {

  private static final int TOKEN_MILLIS = 50;
  private static final Pattern TOKEN = Pattern.compile("\\s*\\S{1,6}");

  private static final String ANSWER =
      """
      You asked: *%s*

      ## Server-Sent Events

      The server keeps **one response open**, and writes an event into it whenever there is one:

      ```
      id: 41
      event: token
      data: {"text":"Hello"}
      ```

      1. The browser shows each event as it comes.
      2. When the connection breaks, it connects again, and says which event it saw last, by \
      `Last-Event-ID`.
      3. The server goes on *behind that event*.

      ### Why this answer survives

      - It is a **named stream**: the model is asked once, whoever watches.
      - What it said is kept: a reload, and another window, get all of it.
      - `Stop` ends it for everybody, and so does a failure, which is told to all.

      Try it: load this page anew while the answer is still being written.""";

  @Resource ManagedScheduledExecutorService scheduler;

  /** The tokens of an answer. Each subscriber is a call of its own, which ends when it cancels. */
  public Flow.Publisher<String> ask(String question) {
    List<String> tokens =
        TOKEN.matcher(answer(question)).results().map(MatchResult::group).toList();
    boolean fails = question.toLowerCase(Locale.ROOT).contains("fail");
    return subscriber ->
        subscriber.onSubscribe(
            new Call(subscriber, fails ? tokens.subList(0, tokens.size() / 2) : tokens, fails));
  }

  /** All that it says to a question that it does not fail at. */
  public static String answer(String question) {
    return ANSWER.formatted(question.strip());
  }

  /** Gives a token for each that was asked for, one after the other. */
  private final class Call implements Flow.Subscription {

    private final Flow.Subscriber<? super String> subscriber;
    private final Iterator<String> tokens;
    private final boolean fails;
    private final AtomicLong wanted = new AtomicLong();
    private volatile boolean cancelled;

    Call(Flow.Subscriber<? super String> subscriber, List<String> tokens, boolean fails) {
      this.subscriber = subscriber;
      this.tokens = tokens.iterator();
      this.fails = fails;
    }

    @Override
    public void request(long n) {
      if (wanted.getAndAdd(n) == 0) {
        later();
      }
    }

    @Override
    public void cancel() {
      cancelled = true;
    }

    private void later() {
      scheduler.schedule(this::next, TOKEN_MILLIS, MILLISECONDS);
    }

    private void next() {
      if (cancelled) {
        return;
      }
      subscriber.onNext(tokens.next());
      if (tokens.hasNext()) {
        if (wanted.decrementAndGet() > 0) {
          later();
        }
      } else if (fails) {
        subscriber.onError(new IllegalStateException("the model was asked to fail"));
      } else {
        subscriber.onComplete();
      }
    }
  }
}
