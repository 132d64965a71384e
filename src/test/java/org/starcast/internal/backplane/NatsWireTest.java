package org.starcast.internal.backplane;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.nats.client.impl.Headers;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starcast.internal.wire.SseFormat;
import org.starcast.spi.OutgoingEvent;

class NatsWireTest {

  private final NatsWire wire = new NatsWire("p");

  @ParameterizedTest
  @CsvSource({
    "a.b, p.t.a.b",
    "a.+, p.t.a.*",
    "a.room-*.c, p.t.a.*.c",
    "a.*, p.t.a.>",
    "*.c, p.t.>",
    "*, p.t.>",
    "+.*.+, p.t.*.>",
    "a*, p.t.*"
  })
  void aPatternBecomesTheNarrowestSubject(String pattern, String subject) {
    assertThat(wire.filter(pattern)).isEqualTo(subject);
  }

  @ParameterizedTest
  @CsvSource({
    ">, p.t.>, true",
    "p.>, p.t.>, true",
    "p.t.>, p.t.>, true",
    "p.*, p.all, true",
    "p.>, p.all, true",
    "p.all, p.all, true",
    "p.c.*, p.c.*, true",
    "p.c.>, p.c.*, true",
    "*.*.>, p.t.>, true",
    "p.t.*, p.t.>, false",
    "p.t.>, p.all, false",
    "p.all.>, p.all, false",
    "p.c.drop, p.c.*, false",
    "q.>, p.t.>, false",
    "p, p.all, false"
  })
  void aStreamsSubjectCoversOrNot(String wide, String narrow, boolean covers) {
    assertThat(NatsStream.covers(wide, narrow)).isEqualTo(covers);
  }

  @Test
  void theStreamsOwnSubjectsCoverAllThatIsSent() {
    OutgoingEvent all = envelope();
    OutgoingEvent some = envelope("c.x", "all");

    assertThat(wire.subjects()).containsExactly("p.t.>", "p.all", "p.c.*");
    assertThat(wire.event(all, topic -> false).subject()).isEqualTo("p.all");
    assertThat(wire.event(some, topic -> false).subject()).isEqualTo("p.t.c.x");
    assertThat(wire.event(some, "all"::equals).subject()).isEqualTo("p.t.all");
    assertThat(wire.command("drain", new byte[0]).subject()).isEqualTo("p.c.drain");
  }

  @Test
  void oneTopicNeedsNoHeaderButTheFrames() {
    assertThat(wire.event(envelope("a"), topic -> false).headers().keySet())
        .containsExactly("Starcast-Frame");
  }

  @ParameterizedTest
  @CsvSource({
    "starcast-start, starcast.stream.start.n.1.0, true",
    "starcast-end, starcast.stream.failed.n.1.0, true",
    "starcast-durable, starcast.stream.durable.n.1, true",
    "starcast-start, starcast.stream.item.n.1.0, false",
    "starcast-client, starcast.stream.start.n.1.0, false",
    "starcast-end, , false",
    "starcast-durable, somebody, false"
  })
  void theEventsOfStreamsGoThroughTheBroker(String name, String sender, boolean passes) {
    byte[] body = ("event: " + name + "\ndata: {}\n").getBytes(UTF_8);
    OutgoingEvent event = OutgoingEvent.of(List.of("a"), sender, List.of(), null, null, body);
    if (passes) {
      NatsWire.Outgoing sent = wire.event(event, topic -> false);
      OutgoingEvent come = wire.envelope(sent.subject(), sent.headers(), sent.body(), 1_000);
      assertThat(come.sender()).isEqualTo(sender);
      assertThat(come.topics()).containsExactly("a");
    } else {
      assertThatIllegalArgumentException().isThrownBy(() -> wire.event(event, topic -> false));
    }
  }

  @Test
  void whatOtherPublishersNameIsBoundedAsMessagesAre() {
    String topics = String.join(",", Collections.nCopies(17, "a"));
    String clients = IntStream.range(0, 257).mapToObj(i -> "c" + i).collect(joining(","));
    String coalesce = "k".repeat(257);
    assertRefused("Starcast-Topics", topics, "topic: has 17 topics, at most 16");
    assertRefused("Starcast-Except", clients, "except: has 257 client ids, at most 256");
    assertRefused(
        "Starcast-Coalesce", coalesce, "Starcast-Coalesce: has 257 characters, at most 256");
  }

  private void assertRefused(String header, String value, String message) {
    Headers headers = new Headers().put(header, value);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> wire.envelope("p.t.a", headers, new byte[] {'x'}, 1_000))
        .withMessage(message);
  }

  @Test
  void headersAreBounded() {
    OutgoingEvent envelope =
        envelope(IntStream.range(0, 300).mapToObj(i -> "x".repeat(250) + i).toArray(String[]::new));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> wire.event(envelope, topic -> false))
        .withMessageStartingWith("message: its topics, sender and exceptions must be 60000 bytes");
  }

  private static OutgoingEvent envelope(String... topics) {
    return new EncodedEvent(
        List.of(topics), null, List.of(), null, SseFormat.draft(null, null, "x", null));
  }

  @Test
  void aPlaceIsReadFromBothFormsOfTheReplySubject() {
    NatsMetadata place = new NatsMetadata(12, 34, 56, 78);

    assertThat(NatsMetadata.of("$JS.ACK.S.c.1.12.34.56.78")).isEqualTo(place);
    assertThat(NatsMetadata.of("$JS.ACK._.hash.S.c.1.12.34.56.78")).isEqualTo(place);
    assertThat(NatsMetadata.of("$JS.ACK._.hash.S.c.1.12.34.56.78.random")).isEqualTo(place);
    assertThatIllegalArgumentException().isThrownBy(() -> NatsMetadata.of("_INBOX.x"));
    assertThatIllegalArgumentException().isThrownBy(() -> NatsMetadata.of(null));
    assertThatIllegalArgumentException().isThrownBy(() -> NatsMetadata.of("$JS.ACK.S.c.1.12"));
  }
}
