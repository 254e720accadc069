"""FuturesExecutor: any executor of concurrent.futures."""

from __future__ import annotations

import concurrent.futures
from datetime import datetime
from typing import Any, ClassVar

from .base import BaseExecutor
from .feed import SentTask

__all__ = ["FuturesExecutor"]


class FuturesExecutor(BaseExecutor):
    """Runs plain functions in an executor of concurrent.futures, or of a library that follows it. A scheduler makes it
    of such an object: `executors={"pool": concurrent.futures.ThreadPoolExecutor()}`.

    The pool stays the program's: the scheduler never shuts it down. A pool that says how many workers it has is given
    as many runs at a time; others wait in the scheduler, where they can still be too late or be cancelled.

    Args:
        pool: the executor.
    """

    awaits: ClassVar[bool] = False

    def __init__(self, pool: concurrent.futures.Executor) -> None:
        if not isinstance(pool, concurrent.futures.Executor):
            raise TypeError(f"pool: expected a concurrent.futures.Executor, not {type(pool).__name__}")
        self.pool = pool

    @property
    def limit(self) -> int | None:
        workers: Any = getattr(self.pool, "_max_workers", None)
        return workers if isinstance(workers, int) and workers > 0 else None

    def do_send_task(self, task: SentTask, run_times: list[datetime]) -> concurrent.futures.Future[Any]:
        return self.pool.submit(task.fn, *task.args, **task.kwargs)

    def __repr__(self) -> str:
        return f"FuturesExecutor({self.pool!r})"
