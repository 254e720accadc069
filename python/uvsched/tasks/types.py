"""The types of tasks and of their defaults in annotations."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from .inspection import TaskInfo

__all__ = ["TaskDefaultsType", "TaskType"]


@runtime_checkable
class TaskDefaultsType(Protocol):
    """The policies that tasks have unless they give their own, as TaskDefaultStruct holds them; a task has them too."""

    @property
    def mistrigger_grace_time(self) -> Any: ...
    @property
    def coalesce(self) -> bool: ...
    @property
    def max_instances(self) -> int: ...


@runtime_checkable
class TaskType(Protocol):
    """A task of a scheduler; every uvsched.tasks.Task is one."""

    def update(self, **updates: Any) -> Any: ...
    def update_task(self, **updates: Any) -> Any: ...
    def reschedule(self, trigger: Any = None, **trigger_args: Any) -> Any: ...
    def pause(self) -> Any: ...
    def resume(self) -> Any: ...
    def delete(self) -> Any: ...
    def snapshot(self) -> TaskInfo: ...
    def get_run_times(self, timezone: tzinfo, now: datetime) -> list[datetime]: ...
