package org.starcast.internal.engine;

/**
 * Collects the clients that one publish has made ready, and hands them to their drain threads many
 * at a time. Used by one thread, which must close it: a client that is not handed over is never
 * drained again.
 */
final class ReadyBatch implements AutoCloseable {

  private static final int BLOCK = 64;

  private final WriterLoop[] loops;
  private final Client[][] blocks;
  private final int[] counts;

  ReadyBatch(WriterLoop[] loops) {
    this.loops = loops;
    this.blocks = new Client[loops.length][];
    this.counts = new int[loops.length];
  }

  void add(Client client, WriterLoop loop) {
    int number = loop.number();
    if (blocks[number] == null) {
      blocks[number] = new Client[BLOCK];
    }
    blocks[number][counts[number]++] = client;
    if (counts[number] == BLOCK) {
      hand(number);
    }
  }

  private void hand(int number) {
    loops[number].ready(blocks[number]);
    blocks[number] = null;
    counts[number] = 0;
  }

  /** Hands over the rest, and wakes the threads, which until now were left alone. */
  @Override
  public void close() {
    for (int i = 0; i < loops.length; i++) {
      if (counts[i] > 0) {
        hand(i);
      }
      loops[i].wake();
    }
  }
}
