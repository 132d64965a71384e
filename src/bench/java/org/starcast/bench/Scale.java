package org.starcast.bench;

/**
 * The sizes of the scenarios.
 *
 * @param warmSeconds how long a scenario of events is run before it counts, one round at least
 * @param rounds recorded rounds of a throughput scenario; the median counts
 * @param events events of a round
 * @param streams streams of most scenarios
 * @param manyStreams streams of the second one-by-one scenario
 * @param padding characters of padding of most events
 * @param pacedRate events a second of the paced scenario
 * @param pacedSeconds its length
 * @param topics topics, and streams, of the many-topics scenario
 * @param topicsPerStream topics that each of its streams listens to
 * @param topicEvents events of one of its rounds
 * @param frameEvents events of a round with large frames
 * @param frame characters of padding of a large frame
 * @param storm streams opened in one go
 * @param idle idle streams
 * @param crowd idle streams of the scenario that has as many as the machine lets be open
 * @param idleSeconds how long their heartbeats are watched
 * @param calls timed calls of publish
 * @param healthy reading streams beside the stalled ones
 * @param stalled streams that never read
 * @param stalledEvents large frames published to both
 * @param stalledRate large frames a second
 * @param replayed events that clients which come back have missed
 * @param returned events that one client which comes back has missed, as many as the log keeps
 * @param named named streams at a time
 * @param namedRate items a second of each of them
 * @param namedSeconds how long they go on
 */
record Scale(
    int warmSeconds,
    int rounds,
    int events,
    int streams,
    int manyStreams,
    int padding,
    int pacedRate,
    int pacedSeconds,
    int topics,
    int topicsPerStream,
    int topicEvents,
    int frameEvents,
    int frame,
    int storm,
    int idle,
    int crowd,
    int idleSeconds,
    int calls,
    int healthy,
    int stalled,
    int stalledEvents,
    int stalledRate,
    int replayed,
    int returned,
    int named,
    int namedRate,
    int namedSeconds) {

  /** What the published table is made with; the stalled readers would need 4.2 GB. */
  static final Scale FULL =
      new Scale(
          10, 5, 200, 1_000, 5_000, 100, 50, 10, 10_000, 10, 3_000, 50, 20_000, 5_000, 10_000,
          100_000, 45, 50, 1_000, 1_000, 210, 10, 5_000, 10_000, 1_000, 50, 60);

  /** To see that all works. */
  static final Scale QUICK =
      new Scale(
          0, 1, 50, 200, 500, 100, 50, 2, 500, 10, 300, 20, 20_000, 500, 1_000, 2_000, 5, 20, 50,
          50, 100, 20, 500, 1_000, 100, 50, 5);

  /** The most streams that are open at a time, but for the crowd. */
  int mostStreams() {
    return Math.max(Math.max(idle, topics), Math.max(manyStreams, healthy + stalled));
  }
}
