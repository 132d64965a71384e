package org.starcast.stream;

import java.util.List;
import java.util.stream.Stream;

/** The same where a thread queues what is published, which a file store cannot have beside it. */
class NamedStreamsWithDeliveryThreadTest extends NamedStreamsTest {

  @Override
  void start(String... settings) {
    super.start(
        List.of(settings).contains("log.store")
            ? settings
            : Stream.concat(
                    Stream.of(settings), Stream.of("backplane.local.delivery-thread", "true"))
                .toArray(String[]::new));
  }
}
