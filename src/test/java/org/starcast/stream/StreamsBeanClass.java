package org.starcast.stream;

/** Shows the class of the bean to containers that discover none. */
public final class StreamsBeanClass {

  /** The class. */
  public static final Class<?> VALUE = StreamsBean.class;

  private StreamsBeanClass() {}
}
