package org.starcast.demo.contact;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.validation.constraints.Email;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.sse.SseEventSink;
import java.util.Map;
import org.starcast.SseBroadcaster;
import org.starcast.SseClient;
import org.starcast.Subscription;
import org.starcast.datastar.DatastarSse;
import org.starcast.datastar.Html;
import org.starcast.datastar.PatchElements;
import org.starcast.datastar.Signals;
import org.starcast.demo.ProblemsAsSignals;
import org.starcast.security.SameOrigin;

/** One contact, shown or edited in place; what is saved shows in the other tabs. */
@Path("contact")
@ApplicationScoped
@ProblemsAsSignals
@SameOrigin
public class ContactResource {

  @Inject SseBroadcaster broadcaster;

  @Inject DatastarSse datastar;

  private Contact contact = new Contact("Grace", "Hopper", "grace@example.org", 1);

  @GET
  @Path("stream")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  public synchronized void stream(@Context SseEventSink sink) {
    SseClient client = broadcaster.register(sink, Subscription.to("contact").type("contact"));
    datastar.batch(changed(), datastar.patchSignals(Map.of("_live", true))).sendTo(client);
  }

  /** Needs no stream: a plain HTML answer. */
  @GET
  public synchronized Response show() {
    return datastar.patchElements(view(" data-init=\"el.focus()\"")).toHtmlResponse();
  }

  @GET
  @Path("form")
  public synchronized Response edit() {
    return datastar.response(datastar.patchElements(form()), datastar.patchSignals(contact));
  }

  /** Replaces what the form was filled with, and nothing that was saved since. */
  @PUT
  public synchronized Response save(@Signals Contact edited) {
    if (edited.version() != contact.version()) {
      return datastar.response(
          datastar.patchSignals(
              Map.of(
                  "version",
                  contact.version(),
                  "_error",
                  "Saved in another window meanwhile: %s. Save again to replace that."
                      .formatted(contact))));
    }
    contact = edited.next();
    changed().publish("contact");
    return show();
  }

  /** A tab that is editing has no such element, and keeps its form. */
  private PatchElements changed() {
    return datastar.patchElements(view("")).selector("#contact.shown");
  }

  private Html view(String onEdit) {
    return Html.format(
        """
        <div class="stack shown" id="contact">
          <dl class="facts">
            <dt>First name</dt><dd>{}</dd>
            <dt>Last name</dt><dd>{}</dd>
            <dt>E-mail</dt><dd>{}</dd>
          </dl>
          <div><button id="edit"{} data-on:click="@get('../api/contact/form')">Edit</button></div>
        </div>
        """,
        contact.first(),
        contact.last(),
        contact.email(),
        Html.of(onEdit));
  }

  private static Html form() {
    return Html.of(
        """
        <form class="stack" id="contact" data-on:submit="@put('../api/contact')">
          <div class="field">
            <label for="first">First name</label>
            <input id="first" data-bind="first" aria-describedby="error"
              data-attr:aria-invalid="$_field == 'first' && 'true'" data-effect="$_field == 'first' && el.focus()"
              data-init="el.focus()" required maxlength="60">
          </div>
          <div class="field">
            <label for="last">Last name</label>
            <input id="last" data-bind="last" aria-describedby="error"
              data-attr:aria-invalid="$_field == 'last' && 'true'" data-effect="$_field == 'last' && el.focus()"
              required maxlength="60">
          </div>
          <div class="field">
            <label for="email">E-mail</label>
            <input id="email" type="email" data-bind="email" aria-describedby="error"
              data-attr:aria-invalid="$_field == 'email' && 'true'" data-effect="$_field == 'email' && el.focus()"
              required maxlength="120">
          </div>
          <div class="row">
            <button>Save</button>
            <button type="button" class="quiet" data-on:click="@get('../api/contact')">Cancel</button>
          </div>
        </form>
        """);
  }

  /** The contact, and the page's signals while it is edited; the version grows with each save. */
  public record Contact(
      @NotBlank(message = "must not be empty")
          @Size(max = 60, message = "must be at most 60 characters")
          String first,
      @NotBlank(message = "must not be empty")
          @Size(max = 60, message = "must be at most 60 characters")
          String last,
      @NotNull(message = "must be an address")
          @Email(message = "must be an address")
          @Size(max = 120, message = "must be at most 120 characters")
          String email,
      long version) {

    Contact next() {
      return new Contact(first, last, email, version + 1);
    }

    @Override
    public String toString() {
      return first + " " + last + ", " + email;
    }
  }
}
