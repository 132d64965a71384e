package org.starcast.demo.search;

import java.util.List;

/** What is searched. */
record Instrument(String name, String kind) {

  static final List<Instrument> ALL =
      List.of(
          new Instrument("Accordion", "free reed"),
          new Instrument("Bassoon", "woodwind"),
          new Instrument("Cello", "strings"),
          new Instrument("Clarinet", "woodwind"),
          new Instrument("Cornet", "brass"),
          new Instrument("Double bass", "strings"),
          new Instrument("English horn", "woodwind"),
          new Instrument("Flute", "woodwind"),
          new Instrument("French horn", "brass"),
          new Instrument("Glockenspiel", "percussion"),
          new Instrument("Guitar", "strings"),
          new Instrument("Harp", "strings"),
          new Instrument("Harmonica", "free reed"),
          new Instrument("Marimba", "percussion"),
          new Instrument("Oboe", "woodwind"),
          new Instrument("Piccolo", "woodwind"),
          new Instrument("Snare drum", "percussion"),
          new Instrument("Timpani", "percussion"),
          new Instrument("Trombone", "brass"),
          new Instrument("Trumpet", "brass"),
          new Instrument("Tuba", "brass"),
          new Instrument("Viola", "strings"),
          new Instrument("Violin", "strings"),
          new Instrument("Xylophone", "percussion"));
}
