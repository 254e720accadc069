"""Driver: the way a scheduler runs, which its kind decides."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from ..executors import BaseExecutor

if TYPE_CHECKING:
    from .. import _core


class Reports(Protocol):
    """The part that is told of a driver's events, on the driver's thread."""

    def on_events(self, events: Sequence[_core.EventRecord]) -> None:
        """The engine reported these."""

    def on_stopped(self) -> None:
        """The engine has stopped, asked or by itself."""

    def on_lost(self) -> None:
        """The loop of the driver is gone; it can only be closed, as not usable."""


class Driver(Protocol):
    """Takes runs, events and the news of the end from the engine to the thread where coroutines and listeners run, and
    knows which threads may wait for them.

    Lifecycle decides when, a driver where. LoopDriver runs on an asyncio loop, PolledDriver in the calls of poll().
    """

    @property
    def active(self) -> bool:
        """Whether it is open."""

    @property
    def asyncio_loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop on which coroutines are awaited: the one that it is open on, else the caller's; None: there is
        none."""

    def open(self, engine: _core.Engine, consumers: Sequence[tuple[str, BaseExecutor]], reports: Reports) -> None:
        """Attaches to the engine's queues. On failure nothing stays open.

        Args:
            consumers: executors, and the part that asks custom triggers, by the aliases of their queues.
        """

    def started(self, engine: _core.Engine) -> None:
        """The engine has started: does its work from now on, if it has no threads of its own."""

    def work(self) -> bool:
        """Does what is due and what follows from that, if it works in the program's calls alone. Gives whether
        something is left that need not wait."""

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Makes a call on the driver's thread, some time from now; at once while it is not open."""

    def make_way(self) -> None:
        """Before a start: if it would keep coroutines from ending that close() left to end, they are cancelled."""

    def attach(self, alias: str, executor: BaseExecutor) -> None:
        """Opens one more executor, while it is open itself."""

    def detach(self, executor: BaseExecutor) -> None:
        """Closes an executor: coroutines are cancelled, functions in threads go on to their end."""

    def wind_down(self, engine: _core.Engine, wait: bool) -> bool:
        """Stops the engine, and lets runs under way end (`wait`) or cancels them. Does nothing on a thread that those
        runs need: False."""

    def close(self, cancel: bool, usable: bool = True, last: bool = False) -> Callable[[], None]:
        """Detaches at once: coroutines are cancelled, and waiting runs go back.

        Args:
            cancel: runs in threads are reported as cancelled too, instead of when they end.
            usable: False if the loop is gone.
            last: tasks on a shutdown trigger have not run yet: they begin, and their coroutines go on for as long as
                the loop runs.

        Returns:
            The call that ends the thread that it had for itself, if it had one. It may be open again by then.
        """

    def abandon(self, engine: _core.Engine) -> None:
        """When the interpreter exits: stops the engine and closes, whatever the loop is doing."""

    def forget(self) -> list[object]:
        """In the child of a fork: drops the parent's objects without using them, and returns them to be kept."""


class AsyncDriver(Driver, Protocol):
    """A driver that coroutines can wait for."""

    async def wind_down_async(self, engine: _core.Engine, wait: bool, timeout: float | None) -> bool:
        """As wind_down(), for coroutines; waits for so many seconds at most, None: as long as runs take."""

    async def left(self, timeout: float | None) -> None:
        """Returns when the coroutines that close() left to end have ended, or their time (seconds, None: as long as
        they take) is over. Not on another loop than theirs."""

    async def settle(self, engine: _core.Engine, deadline: float) -> None:
        """Returns when results are stored and the stores closed. It does not wait for functions in threads.

        Args:
            deadline: when to give up, by time.monotonic().
        """
