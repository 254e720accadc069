"""ThreadPoolExecutor: plain functions in worker threads."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from .._names import with_hints
from .base import BaseExecutor, Readers, check_unused, checked_workers

if TYPE_CHECKING:
    from .._core import Engine, RunObject, ThreadConsumer


class ThreadPoolExecutor(BaseExecutor):
    """Runs functions in threads of its own: one when the scheduler starts, more when they are needed.

    The threads are not daemons: when the interpreter exits, it waits for runs under way. Each run has a copy of the
    context (contextvars) in which the scheduler was started. Coroutine functions are refused when they are added,
    because they need the AsyncIOExecutor.

    Args:
        max_workers: the largest number of threads, 1 to 1024.
        pool_kwargs: accepted for asyncz's sake; "thread_name_prefix" is used.

    Raises:
        TypeError, ValueError: naming the argument.
    """

    alias: ClassVar[str] = "threadpool"
    needs_asyncio: ClassVar[bool] = False
    awaits: ClassVar[bool] = False

    @with_hints
    def __init__(self, max_workers: int = 10, pool_kwargs: Mapping[str, Any] | None = None) -> None:
        self.max_workers = checked_workers(max_workers)
        self._prefix = str((pool_kwargs or {}).get("thread_name_prefix") or "uvsched")
        self._pool: _Pool | None = None

    def open(self, engine: Engine, alias: str, loop: Readers) -> None:
        check_unused(self, self._pool is not None)
        self._pool = _Pool(engine, alias, self.max_workers, f"{self._prefix}-{alias}")
        self._pool.grow()

    def close(self, cancel: bool, usable: bool) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close(cancel)

    def forget(self) -> Any:
        pool, self._pool = self._pool, None
        return pool

    @property
    def busy(self) -> int:
        return 0 if self._pool is None else self._pool.busy

    def _under_way(self) -> list[RunObject]:
        return [] if self._pool is None else self._pool.runs

    def __repr__(self) -> str:
        return f"ThreadPoolExecutor(max_workers={self.max_workers})"


class _Pool:
    """The worker threads of one start. Thread-safe."""

    def __init__(self, engine: Engine, alias: str, limit: int, name: str) -> None:
        self._engine = engine
        self._alias = alias
        self._limit = limit
        self._name = name
        self._context = contextvars.copy_context()
        self._lock = threading.Lock()
        self._consumers: list[ThreadConsumer] = []
        self._started = 0
        self._idle = 0
        self._stopping = False

    def grow(self) -> None:
        """Starts one more worker, whose runs get copies of the context in which the pool was made."""
        consumer = self._context.copy().run(self._engine.attach_thread, self._alias)
        with self._lock:
            self._consumers.append(consumer)
            self._started += 1
            self._idle += 1
            name = f"{self._name}_{self._started}"
        try:
            threading.Thread(target=self._work, args=(consumer,), name=name, daemon=False).start()
        except RuntimeError:  # no more threads, or the interpreter is exiting
            with self._lock:
                self._consumers.remove(consumer)
                self._idle -= 1
            consumer.close(False, True)
            if not self._consumers:
                raise

    def _work(self, consumer: ThreadConsumer) -> None:
        try:
            while not self._stopping:
                run = consumer.take(-1)
                if run is None:
                    continue
                with self._lock:
                    self._idle -= 1
                    grow = self._idle == 0 and len(self._consumers) < self._limit and not self._stopping
                if grow:
                    self.grow()
                run()
                del run
                with self._lock:
                    self._idle += 1
        finally:
            with self._lock:
                self._consumers.remove(consumer)
            consumer.close(False, True)

    def close(self, cancel: bool) -> None:
        """Gives back what waits; with `cancel`, reports what runs as cancelled."""
        self._stopping = True
        for consumer in self._snapshot():
            consumer.close(cancel, True)

    def _snapshot(self) -> list[ThreadConsumer]:
        with self._lock:
            return list(self._consumers)

    @property
    def busy(self) -> int:
        return sum(consumer.busy for consumer in self._snapshot())

    @property
    def runs(self) -> list[RunObject]:
        return [run for consumer in self._snapshot() for run in consumer.runs]
