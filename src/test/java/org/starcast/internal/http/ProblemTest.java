package org.starcast.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.ws.rs.core.Response;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.starcast.RefusedException;
import org.starcast.ResponseRuntime;

@ExtendWith(ResponseRuntime.class)
class ProblemTest {

  @Test
  void isAProblemDocument() {
    Response response = Problem.of(400, "topic: is missing").header("X-More", "1").build();
    assertThat(response.getStatus()).isEqualTo(400);
    assertThat(response.getHeaders().getFirst("Content-Type"))
        .isEqualTo("application/problem+json");
    assertThat(response.getHeaders().getFirst("X-More")).isEqualTo("1");
    assertThat(response.getEntity())
        .isEqualTo("{\"title\":\"Bad Request\",\"status\":400,\"detail\":\"topic: is missing\"}");
  }

  @Test
  void escapesWhatIsNotItsOwn() {
    String detail = "\"},{\"x\":\"\\ \n\u0000 <script>";
    Response response = Problem.of(413, detail).build();
    JsonObject body =
        Json.createReader(new StringReader(response.getEntity().toString())).readObject();
    assertThat(body.getString("detail")).isEqualTo(detail);
    assertThat(body).hasSize(3);
  }

  @Test
  void isBoundedWhateverIsToBeSaid() {
    for (String character : new String[] {"x", "\u0001", "\ud83d\ude00", "y\ud83d\ude00"}) {
      String entity = Problem.of(400, character.repeat(100_000)).build().getEntity().toString();
      assertThat(entity).hasSizeLessThan(7_000).contains("…");
      assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(entity)).isTrue();
    }
    assertThat(Problem.excerpt("abc", 3)).isEqualTo("abc");
    assertThat(Problem.excerpt("abcd", 3)).isEqualTo("abc…");
  }

  @Test
  void aRefusalSaysWhenToComeBack() {
    RefusedException refused = new RefusedException(429, "the user has 2 clients, the most", 10);
    assertThat(refused).hasMessage("the user has 2 clients, the most");
    assertThat(refused.getResponse().getStatus()).isEqualTo(429);
    assertThat(refused.getResponse().getHeaders().getFirst("Retry-After")).isEqualTo(10);
    assertThat(refused.getResponse().getEntity().toString())
        .contains("\"title\":\"Too Many Requests\"", "the user has 2 clients, the most");
  }
}
