package org.starcast.internal.writer;

/**
 * A stream of HTTP/2 on Open Liberty, where nothing is written but by what blocks: until the
 * client's flow control, and the connection that its streams share, take all.
 */
final class LibertyHttp2Connection extends LibertyConnection {

  LibertyHttp2Connection(Object stream, Object exchange, Object tcp)
      throws ReflectiveOperationException {
    super(stream, exchange, tcp);
  }

  @Override
  boolean blocks() {
    return true;
  }

  /** The connection is not the stream's alone. */
  @Override
  void boundPending() {}

  /** The connection stays, as other streams share it; what waits for flow control ends as well. */
  @Override
  void abort(Runnable complete) {
    complete.run();
  }
}
