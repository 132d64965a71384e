package org.starcast.internal.cdi;

import java.util.List;

/** Beans of this package, for tests in others. */
public final class CdiBeans {

  /** What hands events to the broadcaster. */
  public static final List<Class<?>> OBSERVING = List.of(TopicObserver.class);

  private CdiBeans() {}
}
