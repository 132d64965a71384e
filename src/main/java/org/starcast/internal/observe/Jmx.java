package org.starcast.internal.observe;

import static javax.management.openmbean.SimpleType.LONG;
import static javax.management.openmbean.SimpleType.STRING;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.BeforeDestroyed;
import jakarta.enterprise.context.Initialized;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.management.Attribute;
import javax.management.AttributeList;
import javax.management.AttributeNotFoundException;
import javax.management.DynamicMBean;
import javax.management.InstanceAlreadyExistsException;
import javax.management.JMException;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanInfo;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeDataSupport;
import javax.management.openmbean.CompositeType;
import javax.management.openmbean.OpenDataException;
import javax.management.openmbean.OpenType;
import javax.management.openmbean.TabularData;
import javax.management.openmbean.TabularDataSupport;
import javax.management.openmbean.TabularType;
import org.starcast.SseBroadcaster;
import org.starcast.SseStatistics;
import org.starcast.SseStatistics.LatencyHistogram;
import org.starcast.SseStatistics.Metric;
import org.starcast.internal.logging.LogMessage;

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
      LogMessage.JMX_PRESENT.log(LOG, e);
    } catch (JMException | RuntimeException e) {
      LogMessage.JMX_MISSING.log(LOG, e.toString());
    }
  }

  void stop(@Observes @BeforeDestroyed(ApplicationScoped.class) Object application) {
    if (name != null) {
      try {
        ManagementFactory.getPlatformMBeanServer().unregisterMBean(name);
      } catch (JMException e) {
        LogMessage.JMX_GONE.log(LOG, e);
      }
      name = null;
    }
  }

  /** The bean's name, by that of the application. */
  static ObjectName name(String application) throws JMException {
    String value = application.matches("[\\w./~-]+") ? application : ObjectName.quote(application);
    return new ObjectName("org.starcast:type=SseBroadcaster,application=" + value);
  }

  /**
   * The broadcaster of one application, read-only: what {@link SseStatistics} and {@link
   * org.starcast.SseStatistics.Health} say, at most a second old. Each {@link Metric} is an
   * attribute with its name in camel case; those with a tag are tables of {@code key} and {@code
   * value}. Latencies are microseconds, since the start.
   */
  private static final class Bean implements DynamicMBean {

    private final Map<String, Supplier<Object>> attributes = new LinkedHashMap<>();
    private final List<MBeanAttributeInfo> infos = new ArrayList<>();

    Bean(SseBroadcaster broadcaster) {
      MetricReader reader = new MetricReader(broadcaster::statistics);
      Supplier<LatencyHistogram> latency = () -> reader.latest().latency();
      add("Ready", boolean.class, "", () -> broadcaster.health().ready());
      add(
          "StuckThreads",
          String[].class,
          "",
          () -> broadcaster.health().stuck().toArray(String[]::new));
      add("LastEventId", String.class, "", broadcaster::lastEventId);
      add("Clients", int.class, "clients now", () -> reader.latest().clients());
      add("LatencyMedian", long.class, "microseconds", () -> micros(latency.get(), 0.5));
      add("Latency99th", long.class, "microseconds", () -> micros(latency.get(), 0.99));
      add("LatencyMax", long.class, "microseconds", () -> micros(latency.get(), 1));
      add("Backplane", String.class, "", () -> reader.latest().backplane().name());
      for (Metric metric : Metric.values()) {
        String key = metric.key();
        key = Character.toUpperCase(key.charAt(0)) + key.substring(1);
        if (metric == Metric.BACKPLANE_AVAILABLE) {
          add(key, boolean.class, "", () -> reader.latest().backplane().available());
        } else if (metric.isTable()) {
          add(key, TabularData.class, metric.text(), () -> table(reader.read(metric)));
        } else {
          add(key, long.class, metric.text(), () -> reader.latest().get(metric));
        }
      }
    }

    private void add(String name, Class<?> type, String text, Supplier<Object> value) {
      attributes.put(name, value);
      infos.add(new MBeanAttributeInfo(name, type.getName(), text, true, false, false));
    }

    private static long micros(LatencyHistogram latency, double share) {
      return latency.percentile(share).toNanos() / 1000;
    }

    /** A map, as MXBeans show it. */
    private static TabularData table(Map<String, ? extends Number> counts) {
      String[] columns = {"key", "value"};
      try {
        CompositeType row =
            new CompositeType("count", "count", columns, columns, new OpenType<?>[] {STRING, LONG});
        TabularData table =
            new TabularDataSupport(new TabularType("counts", "counts", row, new String[] {"key"}));
        for (var count : counts.entrySet()) {
          Object[] values = {count.getKey(), count.getValue().longValue()};
          table.put(new CompositeDataSupport(row, columns, values));
        }
        return table;
      } catch (OpenDataException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public MBeanInfo getMBeanInfo() {
      return new MBeanInfo(
          SseBroadcaster.class.getName(),
          "The broadcaster of one application",
          infos.toArray(MBeanAttributeInfo[]::new),
          null,
          null,
          null);
    }

    @Override
    public Object getAttribute(String attribute) throws AttributeNotFoundException {
      Supplier<Object> value = attributes.get(attribute);
      if (value == null) {
        throw new AttributeNotFoundException(attribute);
      }
      return value.get();
    }

    @Override
    public AttributeList getAttributes(String[] names) {
      AttributeList values = new AttributeList();
      Stream.of(names)
          .filter(attributes::containsKey)
          .forEach(name -> values.add(new Attribute(name, attributes.get(name).get())));
      return values;
    }

    @Override
    public void setAttribute(Attribute attribute) throws AttributeNotFoundException {
      throw new AttributeNotFoundException(attribute.getName() + " is read-only");
    }

    @Override
    public AttributeList setAttributes(AttributeList attributes) {
      return new AttributeList();
    }

    @Override
    public Object invoke(String action, Object[] parameters, String[] signature) {
      throw new UnsupportedOperationException(action);
    }
  }
}
