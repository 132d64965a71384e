package org.starcast.site;

import org.starcast.htmx.SseConnections;
import org.starcast.htmx.SseElement;

/** htmx: the element that follows a stream. */
final class HtmxPage {

  private HtmxPage() {}

  static String chat(String room) {
    // snippet: element
    String page =
        SseElement.connect("api/htmx/" + room + "/stream").swap("chat").oobOnly().hidden()
            + "<ul id=\"log\"></ul> Last heard: <span id=\"last\"></span>"
            + SseConnections.defaults().script();
    // end snippet
    return page;
  }
}
