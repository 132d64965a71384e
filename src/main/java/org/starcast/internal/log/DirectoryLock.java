package org.starcast.internal.log;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Keeps all others from a directory: other processes, and other applications of this one. */
final class DirectoryLock implements AutoCloseable {

  private final String key;
  private final FileChannel channel;

  private DirectoryLock(String key, FileChannel channel) {
    this.key = key;
    this.channel = channel;
  }

  /** Takes the lock, which the system gives back when the process ends; null if another has it. */
  static DirectoryLock take(Path directory) throws IOException {
    // each application has its own copy of this class; what they share is the JVM. Asking the
    // system twice in one JVM would be worse than useless: closing the second channel may give
    // back the lock of the first (see FileLock)
    String key = "org.starcast.internal.log.directory:" + directory.toRealPath();
    if (System.getProperties().putIfAbsent(key, "in use") != null) {
      return null;
    }
    FileChannel channel = null;
    try {
      channel =
          FileChannel.open(
              directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return new DirectoryLock(key, channel);
      }
      channel.close();
    } catch (IOException | RuntimeException e) {
      if (channel != null) {
        channel.close();
      }
      System.getProperties().remove(key);
      throw e;
    }
    System.getProperties().remove(key);
    return null;
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      System.getProperties().remove(key);
    }
  }
}
