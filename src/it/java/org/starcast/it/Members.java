package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import java.io.StringReader;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.starcast.it.app.PresenceResource;

/** Who is there, as {@link PresenceResource} of each node says, and what clients are told of it. */
final class Members {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private Members() {}

  static List<String> strings(Server server, String path) {
    try (var reader = Json.createReader(new StringReader(server.get(path).body()))) {
      return reader.readArray().getValuesAs(JsonString::getString);
    }
  }

  /** That these nodes know these members, with the numbers of their clients on all nodes. */
  static void awaitMembers(String topic, List<Server> servers, String... members) {
    for (Server server : servers) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> {
                List<String> answer = strings(server, "presence/on?topic=" + topic);
                assertThat(answer.subList(1, answer.size()))
                    .as("node %d", servers.indexOf(server))
                    .containsExactlyInAnyOrder(members);
              });
    }
  }

  /** What was told about the topic, as {@code join ann}. */
  static List<String> moves(RawStream stream) {
    return stream.events().stream()
        .filter(event -> event.event().equals("starcast-presence"))
        .map(
            event -> {
              try (var reader = Json.createReader(new StringReader(event.data()))) {
                JsonObject data = reader.readObject();
                return data.getString("action") + " " + data.getString("user");
              }
            })
        .toList();
  }

  /** That this was told of a user, and nothing else. */
  static void awaitMoves(List<RawStream> streams, String user, String... moves) {
    for (RawStream stream : streams) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(moves(stream))
                      .filteredOn(move -> move.endsWith(" " + user))
                      .containsExactly(
                          Stream.of(moves).map(move -> move + " " + user).toArray(String[]::new)));
    }
  }
}
