package org.starcast.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class SlicesTest {

  private final Queue<Runnable> first = new ArrayDeque<>();
  private final Queue<Runnable> others = new ArrayDeque<>();
  private final List<String> done = new ArrayList<>();

  private static void runAll(Queue<Runnable> tasks) {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  @Test
  void theFirstSliceHasTheContextOfWhoBeginsTheOthersHaveNobodys() {
    Slices slices = new Slices(first::add, others::add, () -> !done.add("slice"), e -> {});

    slices.wake();
    slices.wake();
    assertThat(first).hasSize(1);
    runAll(first);
    assertThat(done).as("one for both").hasSize(1);

    slices.wake();
    assertThat(first).isEmpty();
    assertThat(others).hasSize(1);
    runAll(others);
    assertThat(done).hasSize(2);
  }

  @Test
  void aSliceThatHasMoreToDoIsFollowedByAnotherOne() {
    Slices slices =
        new Slices(first::add, others::add, () -> done.add("slice") && done.size() < 3, e -> {});

    slices.wake();
    runAll(first);
    assertThat(done).hasSize(1);
    assertThat(others).hasSize(1);
    runAll(others);
    assertThat(done).hasSize(3);
    assertThat(first).isEmpty();
  }

  @Test
  void theLastSliceRunsWhereTheExecutorTakesNone() {
    List<Throwable> rejected = new ArrayList<>();
    Slices slices =
        new Slices(
            first::add,
            task -> {
              throw new RejectedExecutionException("expected by the test");
            },
            () -> !done.add("slice"),
            rejected::add);

    slices.wake();
    runAll(first);
    slices.wake();
    assertThat(rejected).hasSize(1);
    assertThat(done).hasSize(2);
  }
}
