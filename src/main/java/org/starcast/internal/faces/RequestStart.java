package org.starcast.internal.faces;

import jakarta.enterprise.inject.spi.CDI;
import jakarta.faces.context.FacesContext;
import jakarta.faces.event.PhaseEvent;
import jakarta.faces.event.PhaseId;
import jakarta.faces.event.PhaseListener;
import org.starcast.SseBroadcaster;

/**
 * Notes the last event before anything reads what a page shows: the page's stream goes on from
 * there, so that nothing is missed between the two.
 */
public final class RequestStart implements PhaseListener {

  private static final long serialVersionUID = 1L;
  private static final String LAST_EVENT_ID = RequestStart.class.getName();

  /** For Faces. */
  public RequestStart() {}

  @Override
  public PhaseId getPhaseId() {
    return PhaseId.RESTORE_VIEW;
  }

  @Override
  public void beforePhase(PhaseEvent event) {
    FacesContext context = event.getFacesContext();
    context
        .getAttributes()
        .put(LAST_EVENT_ID, CDI.current().select(SseBroadcaster.class).get().lastEventId());
  }

  /** The event that was the last when the request began; the empty text for none. */
  static String lastEventId(FacesContext context) {
    return (String) context.getAttributes().getOrDefault(LAST_EVENT_ID, "");
  }
}
