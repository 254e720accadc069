"""Makes exceptions from the engine's status codes. The extension calls this."""

from __future__ import annotations

from collections.abc import Callable

from . import exceptions

_CLASSES: dict[str, Callable[[str], Exception]] = {
    "UVSCHED_EINVAL": ValueError,
    "UVSCHED_ENOMEM": MemoryError,
    "UVSCHED_EHANDLE": lambda text: exceptions.InternalError(detail=text),
    "UVSCHED_ENOTFOUND": exceptions.UvschedLookupError,
    "UVSCHED_ENOTRUNNING": lambda text: exceptions.SchedulerNotRunningError(detail=text),
    "UVSCHED_EALREADY": lambda text: exceptions.SchedulerAlreadyRunningError(detail=text),
    "UVSCHED_EDEADLK": lambda text: exceptions.DeadlockError(detail=text),
    "UVSCHED_ETIMEDOUT": TimeoutError,
    "UVSCHED_EFORKED": lambda text: exceptions.SchedulerForkedError(detail=text),
    "UVSCHED_EVERSION": lambda text: exceptions.StoreVersionError(detail=text),
    "UVSCHED_ESTORE": lambda text: exceptions.StoreError(detail=text),
    "UVSCHED_EBUSY": lambda text: exceptions.StoreBusyError(detail=text),
    "UVSCHED_ECORRUPT": lambda text: exceptions.StoreCorruptError(detail=text),
    "UVSCHED_EUNSUPPORTED": lambda text: exceptions.UnsupportedError(detail=text),
    "UVSCHED_ENOTHREAD": lambda text: exceptions.ResourceError(detail=text),
    "UVSCHED_ENODESCRIPTOR": lambda text: exceptions.ResourceError(detail=text),
}


def error_for(code: str, text: str, task_id: str | None) -> Exception:
    """The exception for a status code's name, the engine's message, and the task that the call was about."""
    if code == "UVSCHED_ECONFLICT":
        return exceptions.ConflictIdError(task_id, text)
    if code == "UVSCHED_ENOTFOUND" and task_id is not None:
        return exceptions.TaskLookupError(task_id)
    found = _CLASSES.get(code)
    return exceptions.InternalError(detail=f"{code}: {text}") if found is None else found(text)
