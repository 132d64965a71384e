package org.starcast.internal.faces;

import jakarta.el.ValueExpression;
import jakarta.faces.FacesException;
import jakarta.faces.application.ResourceDependency;
import jakarta.faces.component.UIComponent;
import jakarta.faces.component.UIComponentBase;
import jakarta.faces.component.UIForm;
import jakarta.faces.component.behavior.AjaxBehavior;
import jakarta.faces.component.behavior.ClientBehavior;
import jakarta.faces.component.behavior.ClientBehaviorContext;
import jakarta.faces.component.behavior.ClientBehaviorHolder;
import jakarta.faces.component.search.SearchExpressionContext;
import jakarta.faces.component.search.SearchExpressionHint;
import jakarta.faces.context.ExternalContext;
import jakarta.faces.context.FacesContext;
import jakarta.faces.context.ResponseWriter;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObjectBuilder;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.starcast.internal.json.Json;
import org.starcast.internal.web.RestPath;
import org.starcast.internal.web.SessionStreams;

/**
 * A stream of events: an element that {@code starcast/faces.js} connects, and that has no script in
 * it. Its topics stay in the HTTP session, and so does whose it is; the element gets an id of them.
 * Any event of the stream may have {@code f:ajax}.
 */
@ResourceDependency(library = "jakarta.faces", name = "faces.js", target = "head")
@ResourceDependency(library = "starcast", name = "faces.js", target = "head")
public class StreamComponent extends UIComponentBase implements ClientBehaviorHolder {

  /** As {@code faces-config.xml} calls it. */
  public static final String COMPONENT_TYPE = "org.starcast.Stream";

  static final String TOPIC = "topic";
  static final String ON_MESSAGE = "onmessage";
  static final String ON_ERROR = "onerror";

  private static final String ELEMENT = "starcast-stream";

  /** Empty, but for who asks whether there is a name: events are named as one likes. */
  private static final class AnyName extends HashSet<String> {
    private static final long serialVersionUID = 1L;

    @Override
    public boolean contains(Object name) {
      return true;
    }
  }

  private static final Collection<String> ANY_NAME = new AnyName();

  /** For Faces. */
  public StreamComponent() {}

  @Override
  public String getFamily() {
    return COMPONENT_TYPE;
  }

  @Override
  public Collection<String> getEventNames() {
    return ANY_NAME;
  }

  @Override
  public String getDefaultEventName() {
    return "message";
  }

  /** Has {@code f:ajax} of the event that the request says do what it does on the server. */
  @Override
  public void decode(FacesContext context) {
    Map<String, String> request = context.getExternalContext().getRequestParameterMap();
    String source = request.get(ClientBehaviorContext.BEHAVIOR_SOURCE_PARAM_NAME);
    String event = request.get(ClientBehaviorContext.BEHAVIOR_EVENT_PARAM_NAME);
    if (event != null && getClientId(context).equals(source)) {
      for (ClientBehavior behavior : getClientBehaviors().getOrDefault(event, List.of())) {
        behavior.decode(context, this);
      }
    }
  }

  @Override
  public void encodeBegin(FacesContext context) throws IOException {
    super.encodeBegin(context);
    if (!isRendered()) {
      return;
    }
    ResponseWriter out = context.getResponseWriter();
    out.startElement(ELEMENT, this);
    out.writeAttribute("id", getClientId(context), "id");
    out.writeAttribute("hidden", "hidden", null);
    if (isConnected()) {
      ExternalContext external = context.getExternalContext();
      String root = external.getRequestContextPath();
      out.writeURIAttribute("src", root + path(external), null);
      out.writeURIAttribute("module", root + "/starcast/starcast.js", null);
      out.writeAttribute("from", RequestStart.lastEventId(context), null);
    }
    write(out, ON_MESSAGE);
    write(out, ON_ERROR);
    if (!getClientBehaviors().isEmpty()) {
      out.writeAttribute("ajax", ajax(context), null);
    }
  }

  @Override
  public void encodeEnd(FacesContext context) throws IOException {
    if (isRendered()) {
      context.getResponseWriter().endElement(ELEMENT);
    }
    super.encodeEnd(context);
  }

  private boolean isConnected() {
    Object connected = getAttributes().get("connected");
    return connected == null || Boolean.parseBoolean(connected.toString());
  }

  /** Where the stream is, below the application's root. */
  private String path(ExternalContext external) {
    ValueExpression topic = getValueExpression(TOPIC);
    Object value = getAttributes().get(TOPIC);
    List<String> patterns =
        TopicAttribute.patterns(
            topic == null ? null : topic.getExpressionString(),
            value == null ? null : value.toString());
    Object user = getAttributes().get("user");
    String id =
        SessionStreams.put(
            (HttpServletRequest) external.getRequest(),
            patterns,
            user == null ? null : user.toString());
    return RestPath.of((ServletContext) external.getContext()) + "/starcast/session?id=" + id;
  }

  /** Not by its own name: browsers may take that for code. */
  private void write(ResponseWriter out, String attribute) throws IOException {
    String name = FunctionName.check(attribute, getAttributes().get(attribute));
    if (name != null) {
      out.writeAttribute("data-" + attribute, name, attribute);
    }
  }

  /** What is to be sent at which event, as JSON. */
  private String ajax(FacesContext context) {
    if (!isInForm()) {
      throw new FacesException(
          "sc:stream: with f:ajax it must be in a form, which is what is sent");
    }
    JsonArrayBuilder all = Json.createArrayBuilder();
    getClientBehaviors()
        .forEach(
            (event, behaviors) -> {
              for (ClientBehavior behavior : behaviors) {
                if (!(behavior instanceof AjaxBehavior ajax)) {
                  throw new FacesException("sc:stream: of behaviors it takes f:ajax alone");
                }
                if (!ajax.isDisabled()) {
                  all.add(ajax(context, event, ajax));
                }
              }
            });
    return all.build().toString();
  }

  private boolean isInForm() {
    UIComponent parent = getParent();
    while (parent != null && !(parent instanceof UIForm)) {
      parent = parent.getParent();
    }
    return parent != null;
  }

  private JsonObjectBuilder ajax(FacesContext context, String event, AjaxBehavior ajax) {
    JsonObjectBuilder json =
        Json.createObjectBuilder()
            .add("event", event)
            .add("execute", ids(context, ajax.getExecute(), "@this"))
            .add("render", ids(context, ajax.getRender(), "@none"));
    String onEvent = FunctionName.check("onevent", ajax.getOnevent());
    if (onEvent != null) {
      json.add("onevent", onEvent);
    }
    String onError = FunctionName.check(ON_ERROR, ajax.getOnerror());
    if (onError != null) {
      json.add(ON_ERROR, onError);
    }
    if (ajax.isResetValues()) {
      json.add("resetValues", true);
    }
    return json;
  }

  private String ids(FacesContext context, Collection<String> expressions, String standard) {
    if (expressions == null || expressions.isEmpty()) {
      return standard;
    }
    Set<SearchExpressionHint> hints = EnumSet.of(SearchExpressionHint.RESOLVE_CLIENT_SIDE);
    return String.join(
        " ",
        context
            .getApplication()
            .getSearchExpressionHandler()
            .resolveClientIds(
                SearchExpressionContext.createSearchExpressionContext(context, this, hints, null),
                String.join(" ", expressions)));
  }
}
