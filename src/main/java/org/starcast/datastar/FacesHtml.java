package org.starcast.datastar;

import jakarta.faces.component.UIComponent;
import jakarta.faces.context.FacesContext;
import jakarta.faces.context.ResponseWriter;
import java.util.Objects;

/**
 * A component of the present Jakarta Faces view as {@link Html}. Only where Jakarta Faces is there,
 * and only on the thread of a Faces request.
 */
public final class FacesHtml {

  private FacesHtml() {}

  /** Renders the component and its children. */
  public static Html of(UIComponent component) {
    Objects.requireNonNull(component, "component");
    return out -> {
      FacesContext context = FacesContext.getCurrentInstance();
      if (context == null) {
        throw new IllegalStateException("component: there is no Faces request on this thread");
      }
      ResponseWriter before = context.getResponseWriter();
      if (before == null) {
        throw new IllegalStateException("component: the Faces view is not being rendered");
      }
      ResponseWriter writer = before.cloneWithWriter(Html.writer(out));
      context.setResponseWriter(writer);
      try {
        component.encodeAll(context);
        writer.flush();
      } finally {
        context.setResponseWriter(before);
      }
    };
  }
}
