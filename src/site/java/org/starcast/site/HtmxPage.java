package org.starcast.site;

import org.starcast.htmx.SseElement;

/** htmx: the element that follows a stream. */
final class HtmxPage {

  private HtmxPage() {}

  static String chat(String room) {
    // snippet: element
    String page =
        SseElement.connect("api/htmx/" + room + "/stream").oobOnly().hidden()
            + "<ul id=\"log\"></ul> Last heard: <span id=\"last\"></span>";
    // end snippet
    return page;
  }
}
