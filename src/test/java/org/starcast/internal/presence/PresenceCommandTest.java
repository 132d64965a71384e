package org.starcast.internal.presence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import jakarta.json.JsonObject;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.starcast.internal.presence.PresenceCommand.Row;
import org.starcast.internal.presence.PresenceEntry.Key;
import org.starcast.internal.wire.EventId;

/** How much one command says, and what of a user's metadata goes with it. */
class PresenceCommandTest {

  private static PresenceEntry entry(long since, String metadata) {
    return new PresenceEntry(UserState.PRESENT, 1, since, 1000, metadata);
  }

  /** The parts of a state with these users, in what they say. */
  private static List<Integer> parts(int users, String topic, String name, String metadata) {
    PresenceState state = new PresenceState(transition -> {});
    List<Row> rows =
        IntStream.range(0, users)
            .mapToObj(i -> new Row("", new Key(topic, name + (1000 + i)), entry(0, metadata)))
            .toList();
    state.say(new EventId("e", 1), "n1", rows, List.of());
    return PresenceCommand.copy(state, 1, 1, Map.of()).stream()
        .map(part -> part.getJsonArray("on").size() + part.getJsonArray("pending").size())
        .toList();
  }

  @Test
  void aPartSaysOfFiveHundred() {
    assertThat(parts(0, "a*", "u", null)).containsExactly(0);
    assertThat(parts(500, "a*", "u", null)).containsExactly(500);
    assertThat(parts(1201, "a*", "u", null)).containsExactly(500, 500, 201);
    // and of the joins that are not stored yet
    assertThat(parts(501, "a", "u", null)).containsExactly(500, 500, 2);
  }

  @Test
  void aPartHasAboutAHundredThousandCharacters() {
    assertThat(parts(201, "a*", "u".repeat(96) + "-", "m".repeat(797)))
        .containsExactly(100, 100, 1);
    assertThat(parts(201, "a*", "u".repeat(96) + "-", "m".repeat(796))).containsExactly(101, 100);
  }

  @Test
  void anEntryIsLikeAnotherButForTheTimeOfTheJoin() {
    assertThat(entry(5, "x").isLike(entry(6, "x"))).isTrue();
    assertThat(entry(5, "x").isLike(entry(5, "y"))).isFalse();
    assertThat(entry(5, "x").isLike(null)).isFalse();
  }

  @Test
  void metadataOfMoreThanAKilobyteStaysAtHome() {
    String most = "é".repeat(508);
    assertThat(PresenceEntry.json(Map.of("x", most))).isEqualTo("{\"x\":\"" + most + "\"}");
    assertThat(PresenceEntry.json(Map.of("x", most + "e"))).isNull();
  }

  @Test
  void numbersAreAsTheyWere() {
    Map<String, Object> metadata = Map.of("a", 7, "b", new BigDecimal("1.50"), "c", 1L << 40);
    assertThat(entry(0, PresenceEntry.json(metadata)).values())
        .isEqualTo(Map.of("a", 7L, "b", new BigDecimal("1.50"), "c", 1L << 40));
  }

  @Test
  void moreMetadataThanANodeSendsIsRefused() {
    Key key = new Key("a", "ann");
    JsonObject most = entry(0, "m".repeat(1024)).toJson(key).build();
    assertThat(PresenceEntry.of(most)).isEqualTo(entry(0, "m".repeat(1024)));
    JsonObject more = entry(0, "m".repeat(1025)).toJson(key).build();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PresenceEntry.of(more))
        .withMessage("m: has more than 1024 characters");
  }
}
