"""ProcessPoolExecutor: plain functions in processes of their own."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar

from .._functions import name_of
from .._names import unknown_argument, with_hints
from ..runs import CurrentRun, call_in_run
from .base import BaseExecutor, checked_workers
from .feed import SentTask

if TYPE_CHECKING:
    import concurrent.futures

    from .process_workers import Workers

__all__ = ["ProcessPoolExecutor"]

_POOL_KWARGS = {"initializer", "initargs", "max_tasks_per_child", "mp_context"}


class ProcessPoolExecutor(BaseExecutor):
    """Runs functions in processes of their own, which are spawned when they are needed.

    Function, arguments and result cross by pickle; a function that another process cannot find is refused when it is
    added. A process that dies fails the run that it was in, and the next run gets a fresh one. Records that a function
    logs appear in the log of the program. A script needs `if __name__ == "__main__":` around what it does, because each
    process imports it; `current_run()` is the run there too. Coroutine functions are refused: they need the
    AsyncIOExecutor.

    Args:
        max_workers: the largest number of processes, 1 to 1024.
        pool_kwargs: "initializer" and "initargs": called in each process before its first run; "max_tasks_per_child":
            after so many runs a process is replaced; "mp_context": in place of multiprocessing's "spawn".

    Raises:
        TypeError, ValueError: naming the argument.
    """

    alias: ClassVar[str] = "processpool"
    awaits: ClassVar[bool] = False

    @with_hints
    def __init__(self, max_workers: int = 10, pool_kwargs: Mapping[str, Any] | None = None) -> None:
        self.max_workers = checked_workers(max_workers)
        self.pool_kwargs = dict(pool_kwargs or {})
        unknown = self.pool_kwargs.keys() - _POOL_KWARGS
        if unknown:
            raise unknown_argument("pool_kwargs", sorted(unknown), _POOL_KWARGS)
        self._workers: Workers | None = None

    @property
    def limit(self) -> int:
        return self.max_workers

    def check_function(self, fn: Callable[..., Any]) -> None:
        if _is_being_defined(fn):
            return
        try:
            pickle.dumps(fn)
        except Exception as error:
            raise TypeError(
                f"fn: {name_of(fn)} cannot be sent to another process: {error}; write a function at the top level of a "
                "module"
            ) from None

    def start(self, scheduler: Any, alias: str) -> None:
        from .process_workers import Workers  # multiprocessing is not for programs that have no use for it

        self._workers = Workers(self.max_workers, f"uvsched-{alias}", **self.pool_kwargs)

    def do_send_task(self, task: SentTask, run_times: list[datetime]) -> concurrent.futures.Future[Any]:
        assert self._workers is not None
        run = CurrentRun(
            task_id=task.id,
            store=task.store_alias,
            scheduled_time=run_times[-1],
            first_time=task.first_run_time,
            folded=task.folded,
            fire_id=task.fire_id,
            attempt=task.attempt,
            kind=task.kind,
        )
        return self._workers.submit(call_in_run, (run, task.fn, task.args, task.kwargs), {})

    def shutdown(self, wait: bool = True) -> None:
        workers, self._workers = self._workers, None
        if workers is not None:
            workers.close(kill=not wait)

    def forget(self) -> Any:
        workers, self._workers = self._workers, None
        return super().forget(), workers

    def __repr__(self) -> str:
        return f"ProcessPoolExecutor(max_workers={self.max_workers})"


def _is_being_defined(fn: Callable[..., Any]) -> bool:
    """Whether a decorator is looking at a function whose name its module will bind in a moment."""
    if not isinstance(fn, FunctionType) or "<" in fn.__qualname__:
        return False
    found: Any = sys.modules.get(fn.__module__)
    for name in fn.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is None
