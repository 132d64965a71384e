package org.starcast.internal.backplane;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starcast.spi.Backplane;
import org.starcast.spi.OutgoingEvent;
import org.starcast.spi.StoredEvent;

class LocalBackplaneTest extends BackplaneContract {

  @Override
  public Backplane create(String... settings) {
    return new LocalBackplane(Settings.config(Map.of(), settings));
  }

  /** Does something with each event that is received, before it is written down. */
  private record Handler(Consumer<StoredEvent> action, List<Long> received)
      implements Backplane.Receiver {

    @Override
    public void began(String epoch, long after, List<? extends StoredEvent> states) {
      // there is nothing before
    }

    @Override
    public void received(StoredEvent event, OutgoingEvent envelope) {
      action.accept(event);
      received.add(event.sequence());
    }

    @Override
    public void missed(long upTo) {
      throw new AssertionError("nothing is lost");
    }

    @Override
    public void commanded(long sequence, String type, byte[] body) {
      throw new IllegalArgumentException("expected by the test");
    }

    @Override
    public List<? extends StoredEvent> states() {
      return List.of();
    }
  }

  @Test
  void whatFailsInAHandOverIsNotThePublishersAndKeepsNothingBack() {
    Backplane backplane = create();
    List<Long> received = new ArrayList<>();
    get(
        backplane.start(
            new Handler(
                event -> {
                  if (event.sequence() == 1) {
                    throw new StackOverflowError("expected by the test");
                  }
                },
                received),
            Thread::new));
    assertThat(get(backplane.append(envelope("a")))).isEqualTo(1);
    assertThat(get(backplane.append(envelope("b")))).isEqualTo(2);
    assertThat(received).containsExactly(2L);
    get(backplane.command("test", new byte[0]));
    assertThat(backplane.status().skipped()).isEqualTo(1);
    backplane.close();
  }

  @Test
  void whatIsAppendedInAHandOverIsHandedOverNext() {
    Backplane backplane = create();
    List<Long> received = new ArrayList<>();
    List<Long> before = new ArrayList<>();
    get(
        backplane.start(
            new Handler(
                event -> {
                  if (event.sequence() == 1) {
                    get(backplane.append(envelope("b")));
                    before.addAll(received);
                  }
                },
                received),
            Thread::new));
    get(backplane.append(envelope("a")));
    assertThat(before).as("received within that of another").isEmpty();
    assertThat(received).containsExactly(1L, 2L);
    backplane.close();
  }

  /** With what outlives the process. */
  @Nested
  class WithFiles extends BackplaneContract {

    @TempDir Path directory;
    private int nodes;

    @Override
    public Backplane create(String... settings) {
      return new LocalBackplane(
          Settings.config(
              Map.of(
                  "starcast.log.store",
                  "file",
                  "starcast.log.directory",
                  directory.resolve("" + nodes++).toString()),
              settings));
    }
  }
}
