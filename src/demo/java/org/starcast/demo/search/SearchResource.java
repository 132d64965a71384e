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

  private static final List<Instrument> ALL =
      List.of(
          new Instrument("Accordion", "free reed"),
          new Instrument("Bassoon", "woodwind"),
          new Instrument("Cello", "strings"),
          new Instrument("Clarinet", "woodwind"),
          new Instrument("Cornet", "brass"),
          new Instrument("Double bass", "strings"),
          new Instrument("English horn", "woodwind"),
          new Instrument("Flute", "woodwind"),
          new Instrument("French horn", "brass"),
          new Instrument("Glockenspiel", "percussion"),
          new Instrument("Guitar", "strings"),
          new Instrument("Harp", "strings"),
          new Instrument("Harmonica", "free reed"),
          new Instrument("Marimba", "percussion"),
          new Instrument("Oboe", "woodwind"),
          new Instrument("Piccolo", "woodwind"),
          new Instrument("Snare drum", "percussion"),
          new Instrument("Timpani", "percussion"),
          new Instrument("Trombone", "brass"),
          new Instrument("Trumpet", "brass"),
          new Instrument("Tuba", "brass"),
          new Instrument("Viola", "strings"),
          new Instrument("Violin", "strings"),
          new Instrument("Xylophone", "percussion"));

  @Inject DatastarSse datastar;

  @GET
  public Response search(@Signals Search search) {
    String wanted = search.search().strip().toLowerCase(Locale.ROOT);
    List<Html> rows =
        ALL.stream()
            .filter(i -> (i.name() + " " + i.kind()).toLowerCase(Locale.ROOT).contains(wanted))
            .map(i -> Html.format("<tr><td>{}</td><td>{}</td></tr>", i.name(), i.kind()))
            .toList();
    Html none =
        Html.format("<tr><td colspan=\"2\">Nothing is called \u201c{}\u201d.</td></tr>", wanted);
    return datastar.response(
        datastar.patchElements(
            Html.format("<tbody id=\"results\">{}</tbody>", rows.isEmpty() ? none : rows)));
  }

  private record Instrument(String name, String kind) {}

  /** The page's signals. */
  public record Search(
      @NotNull @Size(max = 60, message = "must be at most 60 characters") String search) {}
}
