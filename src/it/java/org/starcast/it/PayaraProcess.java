package org.starcast.it;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Payara Micro in a process of its own that deploys and undeploys when told to on its standard
 * input, which the command line cannot do. Its API is used by reflection: the server's jar is on
 * the class path of that process alone. See {@link Payara}, which starts it.
 */
public final class PayaraProcess {

  /** The system property that is the port of HTTPS, where there is one. */
  static final String TLS_PORT = "tls.port";

  static final String ANSWER = "done: ";
  static final String BOOT = "boot";
  static final String DEPLOY = "deploy ";
  static final String UNDEPLOY = "undeploy ";

  private static final String TLS_LOOPBACK =
      "set configs.config.server-config.network-config.network-listeners.network-listener"
          + ".https-listener.address=127.0.0.1";

  private PayaraProcess() {}

  /**
   * Port, and file of commands applied before boot. Then lines: {@code deploy <WAR>}, whose name
   * without its end is that of the application, and {@code undeploy <name>}. Each is answered on
   * the standard output, where nothing else is written.
   */
  public static void main(String[] args) throws Exception {
    PrintStream answers = System.out;
    System.setOut(System.err);
    Class<?> type = Class.forName("fish.payara.micro.PayaraMicro");
    // as java -jar does; else it reads its own jars where they lie packed, which takes twice as
    // long for a deployment, and leaves out what they have for newer Java versions
    type.getMethod("unpackJars").invoke(null);
    Object micro = type.getMethod("getInstance").invoke(null);
    type.getMethod("setHttpPort", int.class).invoke(micro, Integer.parseInt(args[0]));
    type.getMethod("setNoCluster", boolean.class).invoke(micro, true);
    List<String> commands =
        new ArrayList<>(
            Files.readAllLines(Path.of(args[1])).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .toList());
    Integer tlsPort = Integer.getInteger(TLS_PORT);
    if (tlsPort != null) {
      type.getMethod("setSslPort", int.class).invoke(micro, tlsPort);
      commands.add(TLS_LOOPBACK);
    }
    Consumer<Object> beforeBoot = runner -> commands.forEach(command -> run(runner, command));
    type.getMethod("setPreBootHandler", Consumer.class).invoke(micro, beforeBoot);
    Object server = type.getMethod("bootStrap").invoke(micro);
    Class<?> api = Class.forName("fish.payara.micro.PayaraMicroRuntime");
    answers.println(ANSWER + BOOT);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.startsWith(DEPLOY)) {
        File war = new File(line.substring(DEPLOY.length()));
        Object deployed = api.getMethod("deploy", File.class).invoke(server, war);
        if (!Boolean.TRUE.equals(deployed)) {
          throw new IOException("not deployed: " + war);
        }
      } else {
        api.getMethod("undeploy", String.class).invoke(server, line.substring(UNDEPLOY.length()));
      }
      answers.println(ANSWER + line);
    }
    api.getMethod("shutdown").invoke(server);
    System.exit(0);
  }

  private static void run(Object runner, String command) {
    String[] words = command.split(" ");
    try {
      Class.forName("fish.payara.micro.boot.AdminCommandRunner")
          .getMethod("run", String.class, String[].class)
          .invoke(runner, words[0], Arrays.copyOfRange(words, 1, words.length));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(command, e);
    }
  }
}
