package org.starcast.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventIdTest {

  @Test
  void whatIsWrittenIsReadAgain() {
    EventId id = new EventId("mgx4t2abc", 12345678901L);

    assertThat(EventId.parse(id.toString())).isEqualTo(id);
    assertThat(id).hasToString("mgx4t2abc-12345678901");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-",
        "a",
        "a-",
        "-1",
        "A-1",
        "a-1-",
        "a--1",
        "a-1 ",
        " a-1",
        "a-x",
        "a-1\n",
        "ä-1",
        "abcdefghijklmnopqrstuvwxy-1",
        "a-1234567890123456789"
      })
  void anythingElseIsRefused(String text) {
    assertThatThrownBy(() -> EventId.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("lastEventId: must be <epoch>-<sequence>");
    assertThat(EventId.isOne(text)).isFalse();
  }
}
