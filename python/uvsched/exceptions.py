"""The exceptions of uvsched.

For mistakes of its caller, `add_task` raises only ValueError, TypeError and LookupError, or a class below that derives
from one of them.
"""

from __future__ import annotations

from typing import Any


class UvschedException(Exception):
    """Base of the errors that concern a scheduler as a whole. `detail` is the message."""

    detail: str = ""

    def __init__(self, *args: Any, detail: str = "") -> None:
        text = detail or " ".join(str(arg) for arg in args if arg) or self.detail
        self.detail = text
        super().__init__(text)


AsynczException = UvschedException


class SchedulerAlreadyRunningError(UvschedException):
    """The call needs a stopped scheduler, but it runs or is still stopping."""

    detail = "the scheduler is already running"


class SchedulerNotRunningError(UvschedException):
    """The call needs a running scheduler, but it does not run."""

    detail = "the scheduler is not running; call start() first"


class SchedulerForkedError(UvschedException, RuntimeError):
    """The scheduler was running when this process was forked: it belongs to the parent until start() is called here."""

    detail = "the scheduler was started in the parent process; call start() in this process to use it here"


class DeadlockError(UvschedException, RuntimeError):
    """Waiting here could never end."""

    detail = "waiting here could never end"


class InternalError(UvschedException, RuntimeError):
    """A bug in uvsched."""

    detail = "internal error"


class ResourceError(UvschedException, RuntimeError):
    """The system has no more threads or file descriptors; the message says which, and what to do."""

    detail = "the system is out of threads or file descriptors"


class StoreError(UvschedException):
    """A store failed."""

    detail = "the store failed"


class StoreTimeoutError(StoreError, TimeoutError):
    """A call on the thread of an event loop has waited for a store for as long as it may. It goes on by itself."""

    detail = "the store has not answered in time"


class StoreBusyError(StoreError):
    """The store's file is in use by a process that it cannot be shared with: one that opened it by another name, or one
    of an earlier version of uvsched."""

    detail = "the store file is in use by a process that it cannot be shared with"


class StoreCorruptError(StoreError):
    """The store's file is damaged, or not a file of uvsched."""

    detail = "the store file is damaged"


class StoreVersionError(StoreError):
    """The store's schema is newer than this release can read, or two copies of the library are loaded."""

    detail = "the store was written by a newer release"


class UnsupportedError(UvschedException, ValueError):
    """A known feature that is not available in this release or build."""

    detail = "not available yet"


class TaskArgumentsError(UvschedException, ValueError):
    """The arguments of a stored task cannot be read. `task_id` names the task; `detail` the argument and the reason."""

    def __init__(self, task_id: str, reason: str) -> None:
        self.task_id = task_id
        super().__init__(detail=f"task {task_id!r}: {reason}")


class MaximumInstancesError(UvschedException):
    """A task already has as many runs under way as `max_instances` allows."""

    def __init__(self, _id: str, total: int) -> None:
        self.task_id = _id
        self.total = total
        super().__init__(detail=f"task {_id!r} has {total} runs under way, as many as max_instances allows")


class BaseLookupError(LookupError):
    """Base of the errors about something that does not exist. `detail` is the message."""

    detail: str = "not found"

    def __init__(self, detail: str | None = None) -> None:
        self.detail = detail or self.detail
        super().__init__(self.detail)


class UvschedLookupError(BaseLookupError):
    """No store, executor, trigger or function has this name."""


AsynczLookupError = UvschedLookupError


class SchedulerLookupError(BaseLookupError):
    """No schedule has this identifier."""

    def __init__(self, schedule_id: str) -> None:
        super().__init__(f"there is no schedule {schedule_id!r}")


class TaskLookupError(BaseLookupError):
    """No task has this identifier. `task_id` holds it."""

    def __init__(self, task_id: str | None) -> None:
        self.task_id = task_id
        super().__init__(f"there is no task {task_id!r}")


class ConflictError(KeyError):
    """There is already a schedule with this identifier. `detail` is the message."""

    def __init__(self, schedule_id: str) -> None:
        self.detail = f"there is already a schedule {schedule_id!r}"
        super().__init__(self.detail)

    def __str__(self) -> str:
        return self.detail


class ConflictIdError(KeyError):
    """There is already a task with this identifier and another definition. `detail` has the difference."""

    def __init__(self, task_id: str | None, detail: str | None = None) -> None:
        self.task_id = task_id
        self.detail = detail or f"there is already a task {task_id!r} with another definition"
        super().__init__(self.detail)

    def __str__(self) -> str:
        return self.detail
