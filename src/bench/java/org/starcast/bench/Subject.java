package org.starcast.bench;

import java.util.Locale;

/** What is measured: a way of sending, in a container. In the order of the table's columns. */
enum Subject {
  PAYARA_STARCAST(Container.PAYARA, Flavour.STARCAST),
  WILDFLY_STARCAST(Container.WILDFLY, Flavour.STARCAST),
  SERVER_STARCAST(Container.SERVER, Flavour.STARCAST),
  PAYARA_SERVLET(Container.PAYARA, Flavour.SERVLET),
  WILDFLY_SERVLET(Container.WILDFLY, Flavour.SERVLET),
  PAYARA_PLATFORM(Container.PAYARA, Flavour.PLATFORM),
  WILDFLY_PLATFORM(Container.WILDFLY, Flavour.PLATFORM),
  SERVER_PLATFORM(Container.SERVER, Flavour.PLATFORM),
  PAYARA_CEILING(Container.PAYARA, Flavour.CEILING),
  WILDFLY_CEILING(Container.WILDFLY, Flavour.CEILING),
  SERVER_CEILING(Container.SERVER, Flavour.CEILING),
  NCHAN(Container.HUB, Flavour.NCHAN),
  BETTER_SSE(Container.HUB, Flavour.BETTER_SSE),
  DURABLE_STREAMS(Container.HUB, Flavour.DURABLE_STREAMS);

  final Container container;
  final Flavour flavour;

  Subject(Container container, Flavour flavour) {
    this.container = container;
    this.flavour = flavour;
  }

  /** The name on the command line: {@code payara-starcast}, {@code nchan}. */
  String id() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  String label() {
    return container == Container.HUB ? flavour.label : flavour.label + ", " + container.label;
  }

  static Subject of(Container container, Flavour flavour) {
    for (Subject subject : values()) {
      if (subject.container == container && subject.flavour == flavour) {
        return subject;
      }
    }
    throw new IllegalArgumentException(container + " has no " + flavour);
  }
}
