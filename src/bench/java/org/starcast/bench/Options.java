package org.starcast.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The command line.
 *
 * @param payaraJar payara-micro.jar, or null
 * @param wildflyHome an unpacked WildFly, or null
 * @param server a script that starts another server, or null
 * @param servers the folder that such scripts find their servers in
 * @param war the bench WAR, or null
 * @param nginx nginx's program, or null if there is none
 * @param nchanModule nginx's nchan module, or null if there is none
 * @param node node's program, or null if there is none
 * @param peers the folder that npm has put hubs on node into
 * @param serverConfig the folder with the settings that are applied to the servers
 * @param javaHome the JDK that runs the servers
 * @param out the markdown file to write, or null
 * @param svg the picture to write, or null
 * @param quick whether to run the small sizes
 * @param keep whether to leave the work folder with the servers' logs
 * @param driverThreads event loops of the driver
 * @param only the scenarios to run
 * @param subjects the subjects to measure
 */
record Options(
    Path payaraJar,
    Path wildflyHome,
    Path server,
    Path servers,
    Path war,
    Path nginx,
    Path nchanModule,
    Path node,
    Path peers,
    Path serverConfig,
    Path javaHome,
    Path out,
    Path svg,
    boolean quick,
    boolean keep,
    int driverThreads,
    Set<Scenario> only,
    Set<Subject> subjects) {

  static final String USAGE =
      """
      Usage: Bench [options]
        --war FILE           the bench WAR (default target/starcast-bench.war)
        --payara-jar FILE    payara-micro.jar
        --wildfly-home DIR   an unpacked WildFly
        --server FILE        a script that starts another server, such as src/bench/servers/jetty.sh
        --servers DIR        where such scripts find servers (default target/servers)
        --nginx FILE         nginx (default: looked for in the usual places)
        --nchan-module FILE  ngx_nchan_module.so (default: looked for in the usual places)
        --node FILE          node (default: looked for in the usual places)
        --peers DIR          where npm has put better-sse and @durable-streams/server
                             (default target/peers)
        --server-config DIR  settings applied to the servers (default server-config)
        --java-home DIR      the JDK that runs the servers (default: the one that runs this)
        --out FILE           where the table goes, as markdown (default: standard output only)
        --svg FILE           where the picture goes
        --subjects A,B       only these: payara, wildfly, server, starcast, platform, ceiling, hub,
                             or whole names such as payara-starcast, nchan, better-sse
        --only A,B           only these: burst, one, paced, topics, frames, idle, publish, storm,
                             stalled, replay, return, gone, streams (the beginning of a name is enough),
                             or idle-100k, which is run only where it is named
        --driver-threads N   event loops of the driver, 1 to 2 (default: 2 on more than 3 cores)
        --quick              a small run, to see that all works: its figures mean little
        --keep               leave the work folder with the servers' logs
      """;

  /**
   * Reads the command line.
   *
   * @throws IllegalArgumentException if there is something wrong with it
   */
  static Options parse(String... args) {
    Path payaraJar = null;
    Path wildflyHome = null;
    Path server = null;
    Path servers = Path.of("target/servers");
    Path war = Path.of("target/starcast-bench.war");
    Path nginx = firstFile("/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx");
    Path nchan =
        firstFile(
            "/usr/lib/nginx/modules/ngx_nchan_module.so",
            "/usr/lib64/nginx/modules/ngx_nchan_module.so",
            "/usr/local/lib/nginx/ngx_nchan_module.so");
    Path node = firstFile("/usr/bin/node", "/usr/local/bin/node");
    Path peers = Path.of("target/peers");
    Path serverConfig = Path.of("server-config");
    Path javaHome = Path.of(System.getProperty("java.home"));
    Path out = null;
    Path svg = null;
    boolean quick = false;
    boolean keep = false;
    int threads = Runtime.getRuntime().availableProcessors() > 3 ? 2 : 1;
    Set<Scenario> only = EnumSet.complementOf(EnumSet.of(Scenario.IDLE_100K));
    Set<Subject> subjects = EnumSet.allOf(Subject.class);
    for (int i = 0; i < args.length; i++) {
      String arg = args[i];
      switch (arg) {
        case "--quick" -> quick = true;
        case "--keep" -> keep = true;
        case "--payara-jar" -> payaraJar = Path.of(value(args, ++i, arg));
        case "--wildfly-home" -> wildflyHome = Path.of(value(args, ++i, arg));
        case "--server" -> server = Path.of(value(args, ++i, arg));
        case "--servers" -> servers = Path.of(value(args, ++i, arg));
        case "--war" -> war = Path.of(value(args, ++i, arg));
        case "--nginx" -> nginx = Path.of(value(args, ++i, arg));
        case "--nchan-module" -> nchan = Path.of(value(args, ++i, arg));
        case "--node" -> node = Path.of(value(args, ++i, arg));
        case "--peers" -> peers = Path.of(value(args, ++i, arg));
        case "--server-config" -> serverConfig = Path.of(value(args, ++i, arg));
        case "--java-home" -> javaHome = Path.of(value(args, ++i, arg));
        case "--out" -> out = Path.of(value(args, ++i, arg));
        case "--svg" -> svg = Path.of(value(args, ++i, arg));
        case "--driver-threads" -> threads = threads(value(args, ++i, arg));
        case "--only" -> only = scenarios(value(args, ++i, arg));
        case "--subjects" -> subjects = subjects(value(args, ++i, arg));
        default -> throw new IllegalArgumentException(arg + ": is not an option");
      }
    }
    return new Options(
        absolute(payaraJar),
        absolute(wildflyHome),
        absolute(server),
        absolute(servers),
        absolute(war),
        nginx,
        nchan,
        node,
        absolute(peers),
        absolute(serverConfig),
        javaHome,
        out,
        svg,
        quick,
        keep,
        threads,
        only,
        subjects);
  }

  private static String value(String[] args, int index, String option) {
    if (index >= args.length) {
      throw new IllegalArgumentException(option + ": needs a value");
    }
    return args[index];
  }

  private static int threads(String value) {
    if (!value.equals("1") && !value.equals("2")) {
      throw new IllegalArgumentException("--driver-threads: must be 1 or 2, is " + value);
    }
    return Integer.parseInt(value);
  }

  private static Set<Scenario> scenarios(String value) {
    Set<Scenario> chosen = EnumSet.noneOf(Scenario.class);
    for (String name : value.split(",")) {
      List<Scenario> named =
          Arrays.stream(Scenario.values())
              .filter(s -> s.id().startsWith(name))
              .filter(s -> s != Scenario.IDLE_100K || s.id().equals(name))
              .toList();
      if (named.isEmpty()) {
        throw new IllegalArgumentException("--only: there is no scenario " + name);
      }
      chosen.addAll(named);
    }
    return chosen;
  }

  private static Set<Subject> subjects(String value) {
    Set<Subject> chosen = EnumSet.noneOf(Subject.class);
    for (String name : value.split(",")) {
      List<Subject> named =
          Arrays.stream(Subject.values())
              .filter(
                  s ->
                      s.id().equals(name)
                          || s.container.name().equalsIgnoreCase(name)
                          || s.flavour.name().equalsIgnoreCase(name))
              .toList();
      if (named.isEmpty()) {
        throw new IllegalArgumentException("--subjects: there is no subject " + name);
      }
      chosen.addAll(named);
    }
    return chosen;
  }

  private static Path firstFile(String... candidates) {
    return Stream.of(candidates).map(Path::of).filter(Files::exists).findFirst().orElse(null);
  }

  private static Path absolute(Path path) {
    return path == null ? null : path.toAbsolutePath();
  }
}
