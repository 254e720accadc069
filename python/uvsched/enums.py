"""States of schedulers and tasks."""

from __future__ import annotations

from enum import Enum, IntEnum


class SchedulerState(IntEnum):
    """What a scheduler is doing."""

    STATE_STOPPED = 0
    STATE_RUNNING = 1
    STATE_PAUSED = 2
    STATE_STARTING = 3
    STATE_STOPPING = 4


class TaskScheduleState(str, Enum):
    """Where a task stands: declared before start, without a next run, or waiting for its next run."""

    PENDING = "pending"
    PAUSED = "paused"
    SCHEDULED = "scheduled"


class PluginInstance(str, Enum):
    """The kinds of parts that a scheduler is made of."""

    EXECUTOR = "executor"
    STORE = "store"
