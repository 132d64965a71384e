package org.starcast.cdi;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import javax.naming.InitialContext;
import javax.naming.NamingException;

/**
 * The container's threads (Jakarta Concurrency 3.0, sections 3.1 and 3.4), or plain daemon threads
 * where there is no container, as in Weld SE.
 */
public final class ContainerExecutors implements AutoCloseable {

  private final ThreadFactory threadFactory;
  private final Executor executor;
  private final ExecutorService own;
  private final ExecutorService virtual;

  private ContainerExecutors(ThreadFactory threadFactory, Executor executor, ExecutorService own) {
    this.threadFactory = threadFactory;
    this.executor = executor;
    this.own = own;
    this.virtual = virtualThreads();
  }

  /** A virtual thread for each task, from Java 21 on; else null. */
  private static ExecutorService virtualThreads() {
    try {
      return (ExecutorService)
          Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    } catch (ReflectiveOperationException e) {
      return null;
    }
  }

  /** Looks the container's defaults up. */
  public static ContainerExecutors lookup() {
    try {
      return new ContainerExecutors(
          InitialContext.doLookup("java:comp/DefaultManagedThreadFactory"),
          InitialContext.doLookup("java:comp/DefaultManagedExecutorService"),
          null);
    } catch (NamingException e) {
      ThreadFactory daemons =
          task -> {
            Thread thread = new Thread(task, "starcast");
            thread.setDaemon(true);
            return thread;
          };
      ExecutorService own = Executors.newCachedThreadPool(daemons);
      return new ContainerExecutors(daemons, own, own);
    }
  }

  /** Makes threads that live as long as the application. */
  public ThreadFactory threadFactory() {
    return threadFactory;
  }

  /** Runs short tasks of the application, which may block. */
  public Executor executor() {
    return executor;
  }

  /**
   * Runs writes to clients, which may block and need nothing of the container: on virtual threads
   * when the JVM has them.
   */
  public Executor sends() {
    return virtual == null ? executor : virtual;
  }

  /** Ends the own threads, if there are any. */
  @Override
  public void close() {
    if (own != null) {
      own.shutdown();
    }
    if (virtual != null) {
      virtual.shutdown();
    }
  }
}
