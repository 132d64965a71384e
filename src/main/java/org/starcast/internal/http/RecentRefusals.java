package org.starcast.internal.http;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.ws.rs.WebApplicationException;
import java.security.Principal;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;

/**
 * What was refused last: requests that were to become clients, and those that were to publish. For
 * the monitor; in memory alone, the latest 20, each with texts of bounded length and without what a
 * query or a header says else. Thread-safe.
 */
@ApplicationScoped
public class RecentRefusals {

  /** How many are kept. */
  public static final int KEPT = 20;

  /** The most characters of a text. */
  static final int MAX_TEXT = 200;

  /** The most topics of one. */
  static final int MAX_TOPICS = 5;

  private final Deque<Refusal> latest = new ArrayDeque<>(KEPT);

  /**
   * One.
   *
   * @param at when
   * @param status what the caller was answered; 500 for what is answered so unless a resource
   *     method of the application catches it
   * @param reason what the caller, or the log, was told
   * @param principal who was logged in; or null
   * @param address the remote address, which is the proxy's where there is one; or null
   * @param asked the first of the topics or patterns that were asked for, or the page's origin
   */
  public record Refusal(
      Instant at, int status, String reason, String principal, String address, List<String> asked) {

    /** The same as another one, but for the time: whoever tries again is in the list once. */
    boolean isAgain(Refusal other) {
      return equals(
          new Refusal(at, other.status, other.reason, other.principal, other.address, other.asked));
    }
  }

  /**
   * Keeps one, in place of the oldest if there are many.
   *
   * @param why what the resource method was left by
   * @param request the caller's, on its own thread; or null where there is none
   * @param asked the topics or patterns that were asked for, or the page's origin
   */
  public void add(RuntimeException why, HttpServletRequest request, Collection<String> asked) {
    int status =
        why instanceof WebApplicationException known ? known.getResponse().getStatus() : 500;
    Principal principal = request == null ? null : request.getUserPrincipal();
    Refusal refusal =
        new Refusal(
            Instant.now(),
            status,
            start(String.valueOf(why.getMessage())),
            principal == null ? null : start(String.valueOf(principal.getName())),
            request == null ? null : request.getRemoteAddr(),
            starts(asked));
    synchronized (latest) {
      latest.removeIf(refusal::isAgain);
      if (latest.size() == KEPT) {
        latest.removeLast();
      }
      latest.addFirst(refusal);
    }
  }

  /**
   * Keeps one that was added as {@code why}, and is answered in another way.
   *
   * @return the answer
   */
  public WebApplicationException answered(
      RuntimeException why,
      WebApplicationException answer,
      HttpServletRequest request,
      Collection<String> asked) {
    String reason = start(String.valueOf(why.getMessage()));
    List<String> topics = starts(asked);
    synchronized (latest) {
      latest.removeIf(
          refusal ->
              refusal.status == 500
                  && refusal.reason.equals(reason)
                  && refusal.asked.equals(topics));
    }
    add(answer, request, asked);
    return answer;
  }

  /** Those that are kept, latest first. */
  public List<Refusal> latest() {
    synchronized (latest) {
      return List.copyOf(latest);
    }
  }

  private static List<String> starts(Collection<String> texts) {
    return texts.stream().limit(MAX_TOPICS).map(RecentRefusals::start).toList();
  }

  private static String start(String text) {
    return Problem.excerpt(text, MAX_TEXT);
  }
}
