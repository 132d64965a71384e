package org.starcast.internal.presence;

import java.util.List;
import org.starcast.presence.Presence.State;
import org.starcast.presence.PresenceEvent.Action;

/**
 * How a user is on a topic, by one node's connections or by those of all, and what is told of a
 * change.
 *
 * <pre>
 *            JOIN              AWAY
 *   GONE ──────────► PRESENT ────────► AWAY
 *    ▲                │  ▲     BACK     │ │
 *    │     LEAVE      │  └──────────────┘ │
 *    └────────────────┴───────────────────┘
 * </pre>
 */
enum UserState {
  GONE,
  PRESENT,
  AWAY;

  /** What leads there from here; from gone to away by way of present. */
  List<Action> to(UserState next) {
    if (next == this) {
      return List.of();
    }
    return switch (next) {
      case GONE -> List.of(Action.LEAVE);
      case PRESENT -> List.of(this == GONE ? Action.JOIN : Action.BACK);
      case AWAY -> this == GONE ? List.of(Action.JOIN, Action.AWAY) : List.of(Action.AWAY);
    };
  }

  /** Where an action leads. */
  static UserState after(Action action) {
    return switch (action) {
      case JOIN, BACK -> PRESENT;
      case AWAY -> AWAY;
      case LEAVE -> GONE;
    };
  }

  /** That of a user for whom there are two; present anywhere is present. */
  UserState and(UserState other) {
    return this == PRESENT || other == GONE ? this : other;
  }

  /** That of a member. */
  State ofMember() {
    return this == AWAY ? State.AWAY : State.PRESENT;
  }
}
