package org.starcast.internal.observe;

import java.util.List;
import java.util.Map;

/**
 * The broadcaster of one application, as JMX shows it: {@code
 * org.starcast:type=SseBroadcaster,application=<name>}. The name is that of {@code
 * java:app/AppName}, in an EAR with {@code /} and that of {@code java:module/ModuleName}; where
 * there is none, the context path. Read-only: what it says is that of {@link
 * org.starcast.BroadcastStatistics} and {@link org.starcast.BroadcastHealth}, at most a second old.
 * Times are microseconds, since the start.
 */
public interface SseBroadcasterMXBean {

  boolean isReady();

  List<String> getStuckThreads();

  String getLastEventId();

  int getClients();

  /** The first 50 types; those beyond as {@code other}. */
  Map<String, Integer> getClientsByType();

  Map<String, Integer> getClientsByWriter();

  long getOpened();

  Map<String, Long> getClosed();

  Map<String, Long> getRefused();

  long getPublished();

  long getMatched();

  long getDirect();

  long getDelivered();

  long getDropped();

  long getCoalesced();

  long getMissed();

  long getDiscarded();

  long getPending();

  long getWritten();

  long getHeartbeats();

  long getWrites();

  long getBytes();

  long getQueuedBytes();

  long getBehind();

  long getReplayed();

  long getGaps();

  long getResumed();

  long getNotResumed();

  long getTopicHits();

  long getTopicMisses();

  long getLatencyMedian();

  long getLatency99th();

  long getLatencyMax();

  int getLogged();

  long getLoggedBytes();

  long getUnstored();

  String getBackplane();

  boolean isBackplaneAvailable();

  long getBackplaneWaiting();

  long getBackplaneStored();

  long getBackplaneFailed();
}
