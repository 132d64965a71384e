package org.starcast.demo.search;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Locale;
import org.starcast.datastar.DatastarSse;
import org.starcast.datastar.Html;
import org.starcast.datastar.Signals;

/** Finds while one types: the page's signals come with each request. */
@Path("search")
@ApplicationScoped
public class SearchResource {

  @Inject DatastarSse datastar;

  @GET
  public Response search(@Signals Search search) {
    String wanted = search.search().strip().toLowerCase(Locale.ROOT);
    List<Html> rows =
        Instrument.ALL.stream()
            .filter(i -> (i.name() + " " + i.kind()).toLowerCase(Locale.ROOT).contains(wanted))
            .map(i -> Html.format("<tr><td>{}</td><td>{}</td></tr>", i.name(), i.kind()))
            .toList();
    Html none =
        Html.format("<tr><td colspan=\"2\">Nothing is called \u201c{}\u201d.</td></tr>", wanted);
    return datastar.response(
        datastar.patchElements(
            Html.format("<tbody id=\"results\">{}</tbody>", rows.isEmpty() ? none : rows)));
  }

  /** The page's signals. */
  public record Search(
      @NotNull @Size(max = 60, message = "must be at most 60 characters") String search) {}
}
