"""Events: every decision of the engine, for listeners."""

from __future__ import annotations

from .base import SchedulerEvent, TaskEvent, TaskExecutionEvent, TaskSubmissionEvent

__all__ = ["SchedulerEvent", "TaskEvent", "TaskExecutionEvent", "TaskSubmissionEvent"]
