"""The base of all executors."""

from __future__ import annotations

import asyncio
import logging
import re
import weakref
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from .._failures import is_ctrl_c
from .feed import RunFeed, SentTask

if TYPE_CHECKING:
    from .._core import Engine, RunObject

logger = logging.getLogger("uvsched")

_MADE_UP = re.compile("[0-9a-f]{32}")


class Readers(Protocol):
    """What most executors need of a loop."""

    def add_reader(self, fd: int, callback: Callable[[], object], /) -> None:
        """Calls back on the loop's thread while the descriptor is readable."""

    def remove_reader(self, fd: int, /) -> bool:
        """Forgets a descriptor. False if it was not added."""


class BaseExecutor:
    """Runs tasks' functions. Making one opens nothing; a scheduler opens it when it starts and closes it when it stops.

    An executor belongs to one scheduler at a time. For one of your own, write `do_send_task` in a subclass, and `start`
    and `shutdown` if there is something to open and close:

        class Elsewhere(BaseExecutor):
            def do_send_task(self, task, run_times):
                return self.client.submit(task.fn_reference, task.args)  # a result, an awaitable or a future

    The scheduler calls the three on its loop's thread, so they must not block. It needs an asyncio loop for them.
    """

    alias: ClassVar[str] = ""
    awaits: ClassVar[bool] = True
    """Whether it runs coroutine functions. If not, the scheduler refuses them for this executor."""

    needs_asyncio: ClassVar[bool] = True
    """Whether it runs only beside an asyncio loop. If so, a PolledScheduler refuses it."""

    _feed: RunFeed | None = None
    _owner: Callable[[], Any] | None = None

    # ---- For executors of your own ----

    def start(self, scheduler: Any, alias: str) -> None:
        """Called when the scheduler starts, before the first run. If it raises, the scheduler does not start."""

    def shutdown(self, wait: bool = True) -> None:
        """Called when the scheduler stops, after the last run was sent.

        Args:
            wait: runs under way may end; False: they have been given up.
        """

    def do_send_task(self, task: SentTask, run_times: list[datetime]) -> Any:
        """Begins a run.

        Args:
            task: the task with its function and arguments.
            run_times: the due time that the run is for, aware.

        Returns:
            The run's result; or an awaitable or a concurrent.futures.Future, whose result or exception it is. What it
            raises is the run's exception.
        """
        raise NotImplementedError(f"{type(self).__name__} has no do_send_task(): it cannot run anything")

    @property
    def limit(self) -> int | None:
        """How many runs may be under way at a time; None: as many as are due."""
        return None

    def check_function(self, fn: Callable[..., Any]) -> None:
        """Looks at a function that is added for this executor.

        Raises:
            TypeError, ValueError: it cannot run here; with the reason.
        """

    # ---- For the scheduler ----

    def belongs_to(self, scheduler: Any) -> None:
        """A scheduler that starts takes it."""
        self._owner = weakref.ref(scheduler)

    def open(self, engine: Engine, alias: str, loop: Readers) -> None:
        """Begins to take runs from the engine's queue `alias`. The scheduler calls it, on the loop's thread if it runs.

        Args:
            loop: an asyncio loop, or the readers of a PolledScheduler.

        Raises:
            ValueError: the executor is in use by another scheduler.
        """
        check_unused(self, self._feed is not None)
        if type(self).do_send_task is BaseExecutor.do_send_task:
            raise NotImplementedError(f"{type(self).__name__} has no do_send_task(): it cannot run anything")
        if not isinstance(loop, asyncio.AbstractEventLoop):
            raise ValueError(f"executors: {self!r} needs an asyncio loop")
        self.start(None if self._owner is None else self._owner(), alias)
        try:
            self._feed = RunFeed(engine, alias, loop, self.do_send_task, self.limit)
        except BaseException:
            self._shut(wait=False)
            raise

    def stopping(self) -> None:
        """The scheduler has begun to stop: no run comes any more, and those under way may end. Thread-safe."""

    def drain(self) -> None:
        """Takes what waits for it now, and not in the loop's next turn. Called on the loop's thread, or when the loop
        does not run."""
        if self._feed is not None:
            self._feed.drain()

    def leave(self, cancel: bool, more: bool) -> bool:
        """Closes it, but lets runs of tasks on a shutdown trigger go on. Called as close() is, with a usable loop.

        Args:
            cancel: as for close().
            more: some of these runs have not begun yet.

        Returns:
            Whether such runs need it: then it is still open, and close() is called when they have ended.
        """
        if self._feed is not None and self._feed.leave(cancel):
            return True
        self.close(cancel and not any(run.kind == "shutdown" for run in self._under_way()), True)
        return False

    def close(self, cancel: bool, usable: bool) -> None:
        """Takes no more runs and gives back waiting runs. Never blocks. Called on the loop's thread, or when the loop
        does not run.

        Coroutines under way are cancelled, and reported as cancelled.

        Args:
            cancel: runs in threads are reported as cancelled too, instead of when they end.
            usable: False when the loop is closed.
        """
        feed, self._feed = self._feed, None
        if feed is None:
            return
        given_up = feed.close(cancel, usable)
        self._shut(wait=not given_up)

    def _shut(self, *, wait: bool) -> None:
        try:
            self.shutdown(wait)
        except BaseException as error:  # the others are still to be closed
            if is_ctrl_c(error):
                raise
            logger.exception("%r: its shutdown failed", self)

    def forget(self) -> Any:
        """In the child of a fork: drops the parent's objects without using them, and returns them to be kept."""
        feed, self._feed = self._feed, None
        return feed

    @property
    def calls(self) -> bool:
        """Whether it is calling a function on the loop's thread, and begins nothing before that one has ended."""
        return False

    @property
    def busy(self) -> int:
        """How many runs are under way."""
        return 0 if self._feed is None else self._feed.busy

    def running(self) -> list[str]:
        """The names of the runs under way, for people: ids of their tasks, or names of functions if an id is random.
        Runs that cannot be named are left out."""
        return [run.__name__ if _MADE_UP.fullmatch(run.task_id) else run.task_id for run in self._under_way()]

    def _under_way(self) -> list[RunObject]:
        """The runs under way."""
        return [] if self._feed is None else self._feed.runs

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def checked_workers(max_workers: int) -> int:
    """The number of a pool's workers. Raises TypeError and ValueError when it is not a whole number from 1 to 1024."""
    if not isinstance(max_workers, int):
        raise TypeError(f"max_workers: expected a whole number, not {type(max_workers).__name__}")
    if not 1 <= max_workers <= 1024:
        raise ValueError(f"max_workers: {max_workers} is not in 1 to 1024")
    return max_workers


def check_unused(executor: BaseExecutor, in_use: bool) -> None:
    """Raises ValueError when an executor that is already open is opened again."""
    if in_use:
        raise ValueError(f"executors: {executor!r} is in use by another scheduler; give each scheduler its own")
