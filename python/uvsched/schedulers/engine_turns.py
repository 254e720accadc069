"""EngineTurns: the work of an engine that has no threads of its own, done on a loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from ..enums import SchedulerState
from ..executors.base import Readers

if TYPE_CHECKING:
    from .. import _core


class Timer(Protocol):
    """A call to come."""

    def cancel(self) -> None:
        """It never comes."""


class Loop(Readers, Protocol):
    """What is needed of a loop: asyncio's have it, and CallerLoop has."""

    def call_later(self, delay: float, callback: Callable[[], object], /) -> Timer:
        """Calls back once, after so many seconds."""

    def is_closed(self) -> bool:
        """Whether it is gone."""


AnyLoop = TypeVar("AnyLoop", bound=Loop)


class EngineTurns(Generic[AnyLoop]):
    """Lets the engine do what is due whenever its descriptor is readable or its time is over, from begin() until it has
    stopped, which may be later than the end of its driver: functions in threads end when they do.

    Used on the loop's thread, or while the loop does not run.
    """

    def __init__(self, engine: _core.Engine, loop: AnyLoop) -> None:
        self._engine = engine
        self.loop = loop
        self._fd: int | None = None
        self._timer: Timer | None = None

    @property
    def active(self) -> bool:
        """Whether it watches."""
        return self._fd is not None

    def begin(self) -> None:
        """Call it when the engine has started.

        Raises:
            OSError: the loop cannot watch one more descriptor.
        """
        fd = self._engine.poll_fd()
        self.loop.add_reader(fd, self.turn)
        self._fd = fd

    def turn(self) -> None:
        """Does what is due. Waits for the disk of durable stores."""
        self._engine.poll()
        if self._fd is None:
            return
        if self._engine.state() == SchedulerState.STATE_STOPPED:
            self.end()
            return
        if self._timer is not None:
            self._timer.cancel()
        wait_ms = self._engine.poll_timeout()
        self._timer = None if wait_ms < 0 else self.loop.call_later(wait_ms / 1000, self.turn)

    def end(self, usable: bool = True) -> None:
        """Stops watching. Does nothing if it has ended.

        Args:
            usable: False if the loop is gone.
        """
        fd, self._fd = self._fd, None
        timer, self._timer = self._timer, None
        if usable and fd is not None and not self.loop.is_closed():
            self.loop.remove_reader(fd)
            if timer is not None:
                timer.cancel()
