package org.starcast.internal.observe;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.BeforeDestroyed;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.management.InstanceAlreadyExistsException;
import javax.management.JMException;
import javax.management.ObjectName;
import org.starcast.SseBroadcaster;

/** Registers the JMX bean while the application runs. */
@Singleton
public class Jmx {

  private static final System.Logger LOG = System.getLogger("org.starcast.internal.observe");

  private final SseBroadcaster broadcaster;
  private ObjectName name;

  @Inject
  Jmx(SseBroadcaster broadcaster) {
    this.broadcaster = broadcaster;
  }

  void start(@Observes @Initialized(ApplicationScoped.class) Object application) {
    if (name != null) {
      // an enterprise application says it for each of its web modules
      return;
    }
    try {
      ObjectName wanted = name(ApplicationName.of(application));
      ManagementFactory.getPlatformMBeanServer().registerMBean(new Bean(broadcaster), wanted);
      name = wanted;
    } catch (InstanceAlreadyExistsException e) {
      // that of another server in this JVM, say
      LOG.log(System.Logger.Level.DEBUG, "STARCAST-1032: the JMX bean is there already", e);
    } catch (JMException | RuntimeException e) {
      LOG.log(
          System.Logger.Level.WARNING, "STARCAST-1031: there is no JMX bean: {0}", e.toString());
    }
  }

  void stop(@Observes @BeforeDestroyed(ApplicationScoped.class) Object application) {
    if (name != null) {
      try {
        ManagementFactory.getPlatformMBeanServer().unregisterMBean(name);
      } catch (JMException e) {
        LOG.log(System.Logger.Level.DEBUG, "STARCAST-1034: the JMX bean was gone", e);
      }
      name = null;
    }
  }

  /** The bean's name, by that of the application. */
  static ObjectName name(String application) throws JMException {
    String value = application.matches("[\\w./~-]+") ? application : ObjectName.quote(application);
    return new ObjectName("org.starcast:type=SseBroadcaster,application=" + value);
  }

  /** The bean itself. */
  private static final class Bean implements SseBroadcasterMXBean {

    private final SseBroadcaster broadcaster;
    private final Figures figures;

    Bean(SseBroadcaster broadcaster) {
      this.broadcaster = broadcaster;
      this.figures = new Figures(broadcaster::statistics);
    }

    @Override
    public boolean isReady() {
      return broadcaster.health().ready();
    }

    @Override
    public List<String> getStuckThreads() {
      return broadcaster.health().stuck();
    }

    @Override
    public String getLastEventId() {
      return broadcaster.lastEventId();
    }

    @Override
    public Map<String, Integer> getClientsByType() {
      Map<String, Integer> counts = new TreeMap<>();
      figures.byType(figures.latest()).forEach((type, n) -> counts.put(type, n.intValue()));
      return counts;
    }

    @Override
    public Map<String, Integer> getClientsByWriter() {
      return figures.latest().byWriter();
    }

    @Override
    public Map<String, Long> getClosed() {
      return byName(figures.latest().closed());
    }

    @Override
    public Map<String, Long> getRefused() {
      return byName(figures.latest().refusedBecause());
    }

    @Override
    public long getLatencyMedian() {
      return micros(0.5);
    }

    @Override
    public long getLatency99th() {
      return micros(0.99);
    }

    @Override
    public long getLatencyMax() {
      return micros(1);
    }

    private long micros(double share) {
      return figures.latest().latency().percentile(share).toNanos() / 1000;
    }

    private static Map<String, Long> byName(Map<?, Long> counts) {
      Map<String, Long> named = new TreeMap<>();
      counts.forEach((key, n) -> named.put(key.toString(), n));
      return named;
    }

    @Override
    public int getClients() {
      return figures.latest().clients();
    }

    @Override
    public long getOpened() {
      return figures.latest().opened();
    }

    @Override
    public long getPublished() {
      return figures.latest().published();
    }

    @Override
    public long getMatched() {
      return figures.latest().matched();
    }

    @Override
    public long getDirect() {
      return figures.latest().direct();
    }

    @Override
    public long getDelivered() {
      return figures.latest().delivered();
    }

    @Override
    public long getDropped() {
      return figures.latest().dropped();
    }

    @Override
    public long getCoalesced() {
      return figures.latest().coalesced();
    }

    @Override
    public long getMissed() {
      return figures.latest().missed();
    }

    @Override
    public long getDiscarded() {
      return figures.latest().discarded();
    }

    @Override
    public long getPending() {
      return figures.latest().pending();
    }

    @Override
    public long getWritten() {
      return figures.latest().written();
    }

    @Override
    public long getHeartbeats() {
      return figures.latest().heartbeats();
    }

    @Override
    public long getWrites() {
      return figures.latest().writes();
    }

    @Override
    public long getBytes() {
      return figures.latest().bytes();
    }

    @Override
    public long getQueuedBytes() {
      return figures.latest().queuedBytes();
    }

    @Override
    public long getBehind() {
      return figures.latest().behind();
    }

    @Override
    public long getReplayed() {
      return figures.latest().replayed();
    }

    @Override
    public long getGaps() {
      return figures.latest().gaps();
    }

    @Override
    public long getResumed() {
      return figures.latest().resumed();
    }

    @Override
    public long getNotResumed() {
      return figures.latest().notResumed();
    }

    @Override
    public long getTopicHits() {
      return figures.latest().topicHits();
    }

    @Override
    public long getTopicMisses() {
      return figures.latest().topicMisses();
    }

    @Override
    public int getLogged() {
      return figures.latest().logged();
    }

    @Override
    public long getLoggedBytes() {
      return figures.latest().loggedBytes();
    }

    @Override
    public long getUnstored() {
      return figures.latest().unstored();
    }

    @Override
    public String getBackplane() {
      return figures.latest().backplane().name();
    }

    @Override
    public boolean isBackplaneAvailable() {
      return figures.latest().backplane().available();
    }

    @Override
    public long getBackplaneWaiting() {
      return figures.latest().backplane().waiting();
    }

    @Override
    public long getBackplaneStored() {
      return figures.latest().backplane().stored();
    }

    @Override
    public long getBackplaneFailed() {
      return figures.latest().backplane().failed();
    }
  }
}
