package org.starcast;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** The programs of this machine that tests start. */
public final class Programs {

  private Programs() {}

  /** The folders of the path. */
  public static Stream<Path> path() {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator)).map(Path::of);
  }

  /**
   * A program, if it is there.
   *
   * @param given its file, where that is told; else empty
   * @param name what it is called on the path
   * @param besides other folders that it may be in
   */
  public static Optional<Path> find(String given, String name, String... besides) {
    Stream<Path> places =
        given.isEmpty()
            ? Stream.concat(path(), Stream.of(besides).map(Path::of)).map(in -> in.resolve(name))
            : Stream.of(Path.of(given));
    return places.filter(Files::isExecutable).findFirst();
  }
}
