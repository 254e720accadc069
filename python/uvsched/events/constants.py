"""Codes of events, one bit each: a listener's mask is the sum of the codes it wants."""

from __future__ import annotations

from typing import Final

SCHEDULER_STARTED: Final = 1 << 0
SCHEDULER_START: Final = SCHEDULER_STARTED
SCHEDULER_SHUTDOWN: Final = 1 << 1
SCHEDULER_PAUSED: Final = 1 << 2
SCHEDULER_RESUMED: Final = 1 << 3
EXECUTOR_ADDED: Final = 1 << 4
EXECUTOR_REMOVED: Final = 1 << 5
STORE_ADDED: Final = 1 << 6
STORE_REMOVED: Final = 1 << 7
ALL_TASKS_REMOVED: Final = 1 << 8
TASK_ADDED: Final = 1 << 9
TASK_REMOVED: Final = 1 << 10
TASK_MODIFIED: Final = 1 << 11
TASK_EXECUTED: Final = 1 << 12
TASK_ERROR: Final = 1 << 13
TASK_MISSED: Final = 1 << 14
TASK_SUBMITTED: Final = 1 << 15
TASK_MAX_INSTANCES: Final = 1 << 16

ALL_EVENTS: Final = (1 << 17) - 1
"""The events above, which asyncz has too. The events below are uvsched's own; EVERY_EVENT has them all."""

TASK_CANCELLED: Final = 1 << 17
TASK_LOST: Final = 1 << 18
TASK_RECOVERED: Final = 1 << 19
TASK_FINISHED: Final = 1 << 20
TASK_CONFLICT: Final = 1 << 21
TASK_QUARANTINED: Final = 1 << 22
TASK_UNRUNNABLE: Final = 1 << 23
STORE_ERROR: Final = 1 << 24
STORE_RECOVERED: Final = 1 << 25
CLOCK_STEP: Final = 1 << 26
SLOW_INLINE: Final = 1 << 27
EVENTS_DROPPED: Final = 1 << 28
TRIGGER_ERROR: Final = 1 << 29
RESOURCE_ERROR: Final = 1 << 30
TASK_REDECLARED: Final = 1 << 31
TASK_UNDECLARED: Final = 1 << 32
TASK_UNNAMED: Final = 1 << 33
TASK_DELAYED: Final = 1 << 34
LEASE_LOST: Final = 1 << 35
STORE_WARNING: Final = 1 << 36

EVERY_EVENT: Final = (1 << 37) - 1
