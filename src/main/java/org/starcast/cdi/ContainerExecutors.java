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

  private ContainerExecutors(ThreadFactory threadFactory, Executor executor, ExecutorService own) {
    this.threadFactory = threadFactory;
    this.executor = executor;
    this.own = own;
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

  /** Runs short tasks, which may block. */
  public Executor executor() {
    return executor;
  }

  /** Ends the own threads, if there are any. */
  @Override
  public void close() {
    if (own != null) {
      own.shutdown();
    }
  }
}
