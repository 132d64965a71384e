package org.starcast.internal.faces;

import jakarta.faces.FacesException;
import jakarta.faces.view.facelets.ComponentConfig;
import jakarta.faces.view.facelets.ComponentHandler;
import jakarta.faces.view.facelets.TagAttribute;
import jakarta.faces.view.facelets.TagException;
import java.util.Set;
import org.starcast.internal.Spelling;

/** Looks at the tag {@code sc:stream} when the page is compiled: what is wrong fails the page. */
public final class StreamTag extends ComponentHandler {

  private static final Set<String> ATTRIBUTES =
      Set.of("topic", "user", "connected", "onmessage", "onerror", "id", "rendered", "binding");

  /** For Facelets. */
  public StreamTag(ComponentConfig config) {
    super(config);
    getRequiredAttribute(StreamComponent.TOPIC);
    for (TagAttribute attribute : tag.getAttributes().getAll()) {
      // those of another namespace are for others, such as pass-through attributes
      if (attribute.getNamespace().isEmpty()) {
        check(attribute);
      }
    }
  }

  private void check(TagAttribute attribute) {
    String name = attribute.getLocalName();
    if (!ATTRIBUTES.contains(name)) {
      throw new TagException(
          tag,
          name
              + ": is not an attribute here"
              + Spelling.nearest(name, ATTRIBUTES, 2)
                  .map(nearest -> "; the nearest is " + nearest)
                  .orElse(""));
    }
    if (attribute.isLiteral()) {
      try {
        switch (name) {
          case StreamComponent.TOPIC -> TopicAttribute.patterns(null, attribute.getValue());
          case StreamComponent.ON_MESSAGE, StreamComponent.ON_ERROR ->
              FunctionName.check(name, attribute.getValue());
          default -> {
            // any value will do
          }
        }
      } catch (FacesException e) {
        throw new TagException(tag, e.getMessage(), e);
      }
    }
  }
}
