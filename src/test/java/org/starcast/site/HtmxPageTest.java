package org.starcast.site;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What the page about htmx shows does what it says. */
class HtmxPageTest {

  @Test
  void thePageConnectsAndHasTheTargets() {
    assertThat(HtmxPage.chat("tea"))
        .contains("hx-sse:connect=\"api/htmx/tea/stream\"", "hx-swap=\"none\"", "id=\"log\"");
  }
}
