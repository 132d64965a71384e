package org.starcast.internal.cdi;

import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.Dependent;
import jakarta.inject.Inject;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import javax.naming.InitialContext;
import javax.naming.NamingException;

/**
 * The container's threads (Jakarta Concurrency 3.0, sections 3.1 and 3.4), or plain daemon threads
 * where there is no container, as in Weld SE. Each bean that needs threads has one of its own,
 * which ends with it; once the application ends there are none, so that such a bean cannot be made
 * again by what still calls it.
 */
@Dependent
public final class ContainerExecutors {

  private final ThreadFactory threadFactory;
  private final Executor executor;
  private final ExecutorService own;
  private final ExecutorService virtual;

  /**
   * Looks the container's defaults up.
   *
   * @throws IllegalStateException if the application has ended
   */
  @Inject
  ContainerExecutors(Lifespan lifespan) {
    lifespan.check();
    ThreadFactory factory;
    Executor tasks;
    ExecutorService daemons = null;
    try {
      factory = InitialContext.doLookup("java:comp/DefaultManagedThreadFactory");
      tasks = InitialContext.doLookup("java:comp/DefaultManagedExecutorService");
    } catch (NamingException e) {
      factory = ContainerExecutors::daemon;
      daemons = Executors.newCachedThreadPool(factory);
      tasks = daemons;
    }
    threadFactory = factory;
    executor = tasks;
    own = daemons;
    virtual = virtualThreads();
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "starcast");
    thread.setDaemon(true);
    return thread;
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
  @PreDestroy
  void close() {
    if (own != null) {
      own.shutdown();
    }
    if (virtual != null) {
      virtual.shutdown();
    }
  }
}
