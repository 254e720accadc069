"""RunFeed: takes the runs of a queue on an asyncio loop and sends each somewhere else."""

from __future__ import annotations

import asyncio
import concurrent.futures
import inspect
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .._failures import interrupt, is_ctrl_c
from .._time import from_micros

if TYPE_CHECKING:
    from .._core import Engine, RunObject

    _Answer = concurrent.futures.Future[Any] | asyncio.Future[Any]

__all__ = ["RunFeed", "SentTask"]

logger = logging.getLogger("uvsched")

_MANY = 512  # runs under way at a time where nobody says how many


@dataclass(frozen=True, slots=True)
class SentTask:
    """A task on its way to its run, as BaseExecutor.do_send_task gets it.

    Attributes:
        id, store_alias: the task, and the alias of its store.
        fn, args, kwargs: its function and its arguments.
        fn_reference: the function's name, "module:qualname".
        executor: alias of the executor.
        fire_id: 32 hexadecimal digits, equal in all attempts at this run: an idempotency key.
        kind: "scheduled", "manual", "boot" or "shutdown".
        attempt: from 1.
        first_run_time, folded: the earliest due time folded into this run, and how many it stands for.
    """

    id: str
    store_alias: str
    fn: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    fn_reference: str
    executor: str
    fire_id: str
    kind: str
    attempt: int
    first_run_time: datetime
    folded: int


class RunFeed:
    """Takes a run when fewer than `limit` are under way, and waits for its end. Used on the loop's thread.

    Args:
        send: begins a run and gives its result, an awaitable or a concurrent future. What it raises is the run's end.
        limit: how many runs may be under way; None: very many.
    """

    def __init__(
        self,
        engine: Engine,
        alias: str,
        loop: asyncio.AbstractEventLoop,
        send: Callable[[SentTask, list[datetime]], Any],
        limit: int | None = None,
    ) -> None:
        self._alias = alias
        self._loop = loop
        self._send = send
        self._limit = limit or _MANY
        self._under_way: dict[RunObject, _Answer | None] = {}
        self._consumer = engine.attach_pull(alias, self._limit, limit is not None)
        self._reads = False
        self._open = True
        self._read()

    # ---- Taking ----

    def _read(self) -> None:
        """Watches the queue while there is room for another run."""
        wanted = self._open and len(self._under_way) < self._limit
        if wanted and not self._reads:
            self._loop.add_reader(self._consumer.fd, self.drain)
        elif self._reads and not wanted:
            self._loop.remove_reader(self._consumer.fd)
        self._reads = wanted

    def drain(self) -> None:
        """Begins what waits, as far as there is room."""
        while self._open and len(self._under_way) < self._limit:
            run = self._consumer.take(0)
            if run is None:
                break
            self._begin(run)
        self._read()

    def _begin(self, run: RunObject) -> None:
        task = _sent(run, self._alias)
        self._under_way[run] = None
        try:
            result = self._send(task, [from_micros(run.scheduled_time, run.timezone)])
        except BaseException as error:  # also SystemExit: it ends the run, and not the loop
            self._end(run, error=error)
            return
        if isinstance(result, concurrent.futures.Future):
            self._under_way[run] = result
            result.add_done_callback(lambda future: self._on_future(run, future))
        elif inspect.isawaitable(result):
            awaited = self._loop.create_task(_held(result))
            self._under_way[run] = awaited
            awaited.add_done_callback(lambda future: self._on_awaited(run, result, future))
        else:
            self._end(run, result)

    # ---- Ends ----

    def _on_future(self, run: RunObject, future: concurrent.futures.Future[Any]) -> None:
        """On any thread."""
        if not self._open:  # the loop may never run again
            self._finish(run, future)
            return
        try:
            self._loop.call_soon_threadsafe(self._finish, run, future)
        except RuntimeError:  # the loop is closed
            self._finish(run, future)

    def _on_awaited(self, run: RunObject, awaitable: Awaitable[Any], task: asyncio.Task[Any]) -> None:
        if inspect.iscoroutine(awaitable):
            awaitable.close()  # it may have been cancelled before it began
        self._finish(run, task)

    def _finish(self, run: RunObject, future: _Answer) -> None:
        if future.cancelled():
            self._end(run, error=asyncio.CancelledError())
        elif (error := future.exception()) is not None:
            self._end(run, error=error.error if isinstance(error, _Exit) else error)
        else:
            self._end(run, future.result())
        if self._open:
            self.drain()

    def _end(self, run: RunObject, result: Any = None, *, error: BaseException | None = None) -> None:
        if self._under_way.pop(run, self) is self:
            logger.warning(
                "executor %r answered twice for a run of task %r; the first answer counts", self._alias, run.task_id
            )
            return
        if run.kind == "shutdown" and isinstance(error, StopIteration | StopAsyncIteration):
            error = None  # the generator that it told to clean up has ended
        if error is None:
            run.finish(result)
        elif run.cancelled:
            run.close()
        else:
            run.fail(error)  # a CancelledError is a cancellation
            if is_ctrl_c(error):
                self._loop.call_soon(interrupt)

    def leave(self, cancel: bool) -> bool:
        """Does what close() does, but not to the runs of tasks on a shutdown trigger.

        Returns:
            Whether such runs are awaited on the loop: then it stays open for them.
        """
        awaited = [(run, future) for run, future in self._under_way.items() if isinstance(future, asyncio.Future)]
        if all(run.kind != "shutdown" for run, _ in awaited):
            return False
        for run, future in awaited:
            if run.kind != "shutdown":
                future.cancel()
        self._consumer.leave(cancel)
        return True

    def close(self, cancel: bool, usable: bool) -> bool:
        """Takes no more runs. What is awaited on the loop is cancelled; what runs elsewhere is reported when it ends,
        or now, as cancelled, if it has been given up and its future can be cancelled.

        Returns:
            Whether runs that are under way elsewhere have been given up: `cancel`, or their time to end was over.
        """
        self._open = False
        late = self._consumer.take(0)  # which also reads the requests to end early
        if late is not None:
            late.close()
        given_up = cancel or any(run.cancelled for run in self._consumer.runs)
        if usable:
            self._read()
        for run, future in list(self._under_way.items()):
            if future is not None and (usable if isinstance(future, asyncio.Future) else cancel or run.cancelled):
                future.cancel()
        self._consumer.close(cancel, usable)
        return given_up

    @property
    def busy(self) -> int:
        """How many runs are under way."""
        return self._consumer.busy

    @property
    def runs(self) -> list[RunObject]:
        """The runs under way."""
        return self._consumer.runs


class _Exit(Exception):
    """What would end the loop if asyncio saw it."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


async def _held(awaitable: Awaitable[Any]) -> Any:
    """Its result, or its exception, in an _Exit if need be."""
    try:
        return await awaitable
    except (SystemExit, KeyboardInterrupt) as error:
        raise _Exit(error) from None


def _sent(run: RunObject, alias: str) -> SentTask:
    assert run.fn is not None
    return SentTask(
        id=run.task_id,
        store_alias=run.store,
        fn=run.fn,
        args=run.args or (),
        kwargs=dict(run.kwargs or {}),
        fn_reference=run.function or "",
        executor=alias,
        fire_id=run.fire_id,
        kind=run.kind,
        attempt=run.attempt,
        first_run_time=from_micros(run.first_time, run.timezone),
        folded=run.folded,
    )
