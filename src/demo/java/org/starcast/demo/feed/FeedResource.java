package org.starcast.demo.feed;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.stream.IntStream;
import org.starcast.datastar.DatastarAction;
import org.starcast.datastar.DatastarAttributes;
import org.starcast.datastar.DatastarEvent;
import org.starcast.datastar.DatastarSse;
import org.starcast.datastar.Html;
import org.starcast.datastar.PatchElements;

/** A list that goes on when its end comes into view. */
@Path("feed")
@ApplicationScoped
public class FeedResource {

  private static final int PAGE = 12;
  private static final int ALL = 60;

  @Inject DatastarSse datastar;

  /** The rows behind this one, and a mark for the next ones in place of the one that asked. */
  @GET
  public Response more(
      @QueryParam("after")
          @Min(value = 0, message = "must be 0 to 60")
          @Max(value = ALL, message = "must be 0 to 60")
          int after) {
    int last = Math.min(after + PAGE, ALL);
    List<Html> rows =
        IntStream.rangeClosed(after + 1, last)
            .mapToObj(
                i ->
                    Html.format(
                        "<li class=\"entry\"><strong>Measurement {}</strong> {} hPa</li>",
                        i,
                        990 + i * 37 % 40))
            .toList();
    DatastarEvent shown =
        datastar
            .patchElements(Html.format("{}", rows))
            .selector("#more")
            .mode(PatchElements.Mode.BEFORE);
    return last == ALL
        ? datastar.response(
            shown, datastar.patchElements("<li class=\"note\" id=\"more\">That is all.</li>"))
        : datastar.response(shown, datastar.patchElements(mark(last)));
  }

  private static Html mark(int after) {
    DatastarAttributes seen =
        DatastarAttributes.none().onIntersect(DatastarAction.get("../api/feed?after=" + after));
    return Html.format(
        "<li class=\"note\" id=\"more\"{}>Loading more\u2026</li>", Html.of(seen.toString()));
  }
}
