package org.starcast.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.jboss.shrinkwrap.api.exporter.ZipExporter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** See {@link Redeployment}. */
@EnabledIfSystemProperty(named = "arquillian.launch", matches = "payara")
class RedeployPayaraIT {

  @TempDir Path temp;

  /** The process and the lines it writes and reads. */
  private record Payara(Process process, BufferedReader out, Writer in, int port)
      implements Redeployment.Host {

    void await(String what) throws IOException {
      StringBuilder log = new StringBuilder();
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.equals(PayaraProcess.ANSWER + what)) {
          return;
        }
        log.append(line).append('\n');
      }
      throw new IOException("the server ended:\n" + log);
    }

    void tell(String what) throws IOException {
      in.write(what + "\n");
      in.flush();
      await(what);
    }

    @Override
    public void deploy() throws IOException {
      tell("deploy");
    }

    @Override
    public void undeploy() throws IOException {
      tell("undeploy");
    }

    @Override
    public long pid() {
      return process.pid();
    }

    @Override
    public boolean looksAtClassLoaders() {
      return true;
    }

    @Override
    public URL url() throws IOException {
      return new URL("http://127.0.0.1:" + port + "/starcast-test/");
    }
  }

  @Test
  void redeployingLeavesNothingBehind() throws Exception {
    File war = temp.resolve("starcast-test.war").toFile();
    TestWar.with().as(ZipExporter.class).exportTo(war, true);
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    String config = System.getProperty("server.config") + "/payara-micro/";
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + config + "jvm.options",
                "-Xmx1g",
                "-Djava.io.tmpdir=" + Files.createDirectories(temp.resolve("tmp")),
                // soft references would hide what is held
                "-XX:SoftRefLRUPolicyMSPerMB=0",
                // what the manifest opens when the jar is run
                "--add-opens=java.base/java.net=ALL-UNNAMED",
                "--add-opens=java.base/sun.net.www.protocol.jar=ALL-UNNAMED",
                "-cp",
                System.getProperty("payara.microJar") + File.pathSeparator + classes(),
                PayaraProcess.class.getName(),
                Integer.toString(port),
                config + "preboot.asadmin",
                war.toString())
            .redirectErrorStream(true)
            .start();
    Payara payara = new Payara(process, process.inputReader(), process.outputWriter(), port);
    try {
      payara.await("boot");
      new Redeployment(payara).repeatedlyLeavesNothingBehind();
      payara.in.close();
      while (payara.out.readLine() != null) {
        // it ends, and its output with it
      }
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
  }

  /** A folder with the class of the process alone: what is there, applications would see. */
  private Path classes() throws IOException {
    String file = PayaraProcess.class.getName().replace('.', '/') + ".class";
    Path copy = temp.resolve("classes").resolve(file);
    Files.createDirectories(copy.getParent());
    try (InputStream in = PayaraProcess.class.getClassLoader().getResourceAsStream(file)) {
      Files.copy(in, copy);
    }
    return temp.resolve("classes");
  }
}
