package org.starcast.it;

import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/**
 * Payara Micro in a process of its own that deploys and undeploys when told to on its standard
 * input, which the command line cannot do. Its API is used by reflection: the server's jar is on
 * the class path of that process alone.
 */
public final class PayaraProcess {

  static final String ANSWER = "done: ";

  private PayaraProcess() {}

  /** Port, file of commands applied before boot, and WAR; then {@code deploy} and so on, lines. */
  public static void main(String[] args) throws Exception {
    Class<?> type = Class.forName("fish.payara.micro.PayaraMicro");
    Object micro = type.getMethod("getInstance").invoke(null);
    type.getMethod("setHttpPort", int.class).invoke(micro, Integer.parseInt(args[0]));
    type.getMethod("setNoCluster", boolean.class).invoke(micro, true);
    List<String> commands =
        Files.readAllLines(Path.of(args[1])).stream()
            .filter(line -> !line.isBlank() && !line.startsWith("#"))
            .toList();
    Consumer<Object> beforeBoot = runner -> commands.forEach(command -> run(runner, command));
    type.getMethod("setPreBootHandler", Consumer.class).invoke(micro, beforeBoot);
    Object server = type.getMethod("bootStrap").invoke(micro);
    Class<?> api = Class.forName("fish.payara.micro.PayaraMicroRuntime");
    System.out.println(ANSWER + "boot");
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      if (line.equals("deploy")) {
        api.getMethod("deploy", String.class, String.class, File.class)
            .invoke(server, "starcast-test", "starcast-test", new File(args[2]));
      } else {
        api.getMethod("undeploy", String.class).invoke(server, "starcast-test");
      }
      System.out.println(ANSWER + line);
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
