package org.starcast.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What Linux and the JVM tell about a process. */
final class Proc {

  /** Linux counts processor time for user programs in hundredths of a second. */
  private static final double TICKS_PER_SECOND = 100;

  private Proc() {}

  /** Processor time used so far, user and system, in seconds; 0 if the process is gone. */
  static double cpuSeconds(long pid) {
    return cpuSeconds(Path.of("/proc/" + pid + "/stat"));
  }

  /** As much of that as each thread of the JVM's compilers has used; none if it is no JVM. */
  static Map<Path, Double> compilerSeconds(long pid) {
    try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
      return threads
          .filter(Proc::isCompiler)
          .collect(Collectors.toMap(t -> t, t -> cpuSeconds(t.resolve("stat"))));
    } catch (IOException | UncheckedIOException e) {
      return Map.of();
    }
  }

  private static boolean isCompiler(Path thread) {
    try {
      return Files.readString(thread.resolve("comm")).matches("C[12] Compiler(?s:.*)");
    } catch (IOException e) {
      return false; // it has ended
    }
  }

  private static double cpuSeconds(Path file) {
    try {
      String stat = Files.readString(file);
      // the second field is the name in brackets and may hold spaces: count from its end
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
    } catch (IOException e) {
      return 0;
    }
  }

  /** Resident memory in bytes; 0 if the process is gone. */
  static long residentBytes(long pid) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
      return lines
          .filter(l -> l.startsWith("VmRSS:"))
          .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", "")) * 1024)
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0;
    }
  }

  /** Open file descriptors; 0 if the process is gone. */
  static long openFiles(long pid) {
    try (Stream<Path> files = Files.list(Path.of("/proc/" + pid + "/fd"))) {
      return files.count();
    } catch (IOException e) {
      return 0;
    }
  }

  /** The most file descriptors that this program, and what it starts, may open. */
  static long fileLimit() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/limits"))) {
      return lines
          .filter(l -> l.startsWith("Max open files"))
          .map(l -> l.substring(14).trim().split("\\s+")[0])
          .mapToLong(v -> "unlimited".equals(v) ? Long.MAX_VALUE : Long.parseLong(v))
          .findFirst()
          .orElse(1024);
    } catch (IOException e) {
      return 1024;
    }
  }

  /** Bytes of live objects in the process's heap, after a full collection that this asks for. */
  static long liveHeapBytes(Path javaHome, long pid) throws IOException {
    Process jcmd =
        new ProcessBuilder(
                javaHome.resolve("bin/jcmd").toString(), Long.toString(pid), "GC.class_histogram")
            .redirectErrorStream(true)
            .start();
    String total = null;
    try (Stream<String> lines = jcmd.inputReader().lines()) {
      total = lines.filter(l -> l.startsWith("Total")).reduce((a, b) -> b).orElse(null);
    }
    try {
      jcmd.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (total == null) {
      throw new IOException("jcmd printed no total for process " + pid);
    }
    return Long.parseLong(total.trim().split("\\s+")[2]);
  }
}
