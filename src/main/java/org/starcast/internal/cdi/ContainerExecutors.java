package org.starcast.internal.cdi;

import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.starcast.internal.Jndi;

/**
 * The container's threads (Jakarta Concurrency 3.0, sections 3.1 and 3.4), or plain daemon threads
 * where there is no container, as in Weld SE; and one scheduler for the application. Beans ask for
 * them when they are made, not later: once the application ends every method throws an {@link
 * IllegalStateException}, so that a bean which needs threads cannot be made again by what still
 * calls it. Thread-safe.
 */
@ApplicationScoped
public class ContainerExecutors {

  private static final int MAX_SENDS = 64;
  private static final int MAX_SLICES = 16;

  private final Lifespan lifespan;
  private final ThreadFactory threadFactory;
  private final Executor executor;
  private final ExecutorService own;
  private final ExecutorService sends;
  private final ExecutorService slices;
  private final ScheduledThreadPoolExecutor scheduler;

  /** For the container's proxy. */
  ContainerExecutors() {
    lifespan = null;
    threadFactory = null;
    executor = null;
    own = null;
    sends = null;
    slices = null;
    scheduler = null;
  }

  /** Looks the container's defaults up, on a thread that knows the container's names. */
  @Inject
  ContainerExecutors(Lifespan lifespan) {
    lifespan.check();
    ThreadFactory factory = Jndi.lookUp("java:comp/DefaultManagedThreadFactory");
    Executor tasks = Jndi.lookUp("java:comp/DefaultManagedExecutorService");
    ExecutorService daemons = null;
    if (factory == null || tasks == null) {
      factory = ownThreads(Thread.currentThread().getContextClassLoader());
      daemons = Executors.newCachedThreadPool(factory);
      tasks = daemons;
    }
    ThreadFactory made = factory;
    this.lifespan = lifespan;
    threadFactory = factory;
    executor = tasks;
    own = daemons;
    ExecutorService virtual = virtualThreads();
    sends = virtual == null ? fewThreads(factory, MAX_SENDS) : virtual;
    slices = fewThreads(factory, MAX_SLICES);
    scheduler = new ScheduledThreadPoolExecutor(1, task -> named(made, task, "starcast-scheduler"));
    // what has ended early must not be kept until its time-out
    scheduler.setRemoveOnCancelPolicy(true);
  }

  /** Threads that have nothing of who has them made, but the application's class loader. */
  private static ThreadFactory ownThreads(ClassLoader application) {
    return task -> {
      Thread thread = new Thread(null, task, "starcast", 0, false);
      thread.setDaemon(true);
      thread.setContextClassLoader(application);
      return thread;
    };
  }

  private static Thread named(ThreadFactory factory, Runnable task, String name) {
    Thread thread = factory.newThread(task);
    thread.setName(name);
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

  /** Threads of the container's, not more than tasks that wait may hold. */
  private static ExecutorService fewThreads(ThreadFactory factory, int most) {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            most, most, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory);
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /** Makes threads that live as long as the application. */
  public ThreadFactory threadFactory() {
    lifespan.check();
    return threadFactory;
  }

  /** Runs short tasks of the application, which may block. */
  public Executor executor() {
    lifespan.check();
    return executor;
  }

  /**
   * Runs writes to clients, which may block and need nothing of the container: on virtual threads
   * when the JVM has them, else on 64 threads at most, for which others wait.
   */
  public Executor sends() {
    lifespan.check();
    return sends;
  }

  /**
   * Runs many short tasks of the application that seldom block, on 16 threads at most, for which
   * others wait. A managed executor takes the context of each task anew, which costs more than such
   * a task does.
   */
  public Executor slices() {
    lifespan.check();
    return slices;
  }

  /**
   * Runs tasks of the library after a delay, all on one thread, started with the first: they must
   * not block, and never call application code, which is for {@link #executor}. It ends with the
   * application, without running what waits; from then on it rejects tasks.
   */
  public ScheduledExecutorService scheduler() {
    lifespan.check();
    return scheduler;
  }

  /** Ends the own threads. */
  @PreDestroy
  void close() {
    scheduler.shutdownNow();
    if (own != null) {
      own.shutdown();
    }
    sends.shutdown();
    slices.shutdown();
  }
}
