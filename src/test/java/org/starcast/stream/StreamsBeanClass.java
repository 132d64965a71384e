package org.starcast.stream;

/** Shows the classes of the beans to containers that discover none. */
public final class StreamsBeanClass {

  /** The class. */
  public static final Class<?> VALUE = StreamsBean.class;

  /** The class of the one that knows the named streams, which the broadcaster needs. */
  public static final Class<?> NAMED = NamedStreams.class;

  private StreamsBeanClass() {}
}
