package org.starcast.faces;

import jakarta.faces.component.UIComponent;
import jakarta.faces.context.FacesContext;
import jakarta.faces.context.ResponseWriter;
import java.io.IOException;
import java.util.Objects;
import org.starcast.datastar.Html;

/**
 * A component of the present Jakarta Faces view as {@link Html}. Only on the thread of a Faces
 * request.
 */
public final class FacesHtml {

  private FacesHtml() {}

  /** Renders the component and its children. */
  public static Html of(UIComponent component) {
    return of(Objects.requireNonNull(component, "component")::encodeAll);
  }

  /** What writes markup to the context's writer. */
  interface Encoder {
    void encode(FacesContext context) throws IOException;
  }

  static Html of(Encoder encoder) {
    return out -> {
      FacesContext context = FacesContext.getCurrentInstance();
      ResponseWriter before = context == null ? null : context.getResponseWriter();
      if (before == null) {
        throw new IllegalStateException("component: no Faces view is rendered on this thread");
      }
      ResponseWriter writer = before.cloneWithWriter(Html.writer(out));
      context.setResponseWriter(writer);
      try {
        encoder.encode(context);
        writer.flush();
      } finally {
        context.setResponseWriter(before);
      }
    };
  }
}
