"""CallerLoop: what a scheduler needs of an event loop, for programs that have another kind of loop, or none."""

from __future__ import annotations

import heapq
import itertools
import selectors
import time
from collections.abc import Callable


class CallerTimer:
    """A call to come."""

    __slots__ = ("callback",)

    def __init__(self, callback: Callable[[], object]) -> None:
        self.callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        """It does not come any more."""
        self.callback = None


class CallerLoop:
    """Calls back when descriptors are readable and when times come, each time that it is turned. For one thread at a
    time. Its descriptor stays the same for as long as it lives."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._timers: list[tuple[float, int, CallerTimer]] = []
        self._numbers = itertools.count()

    def __del__(self) -> None:
        self._selector.close()  # it holds itself

    # ---- For the scheduler ----

    def add_reader(self, fd: int, callback: Callable[[], object], /) -> None:
        """Calls back in each turn in which the descriptor is readable."""
        self._selector.register(fd, selectors.EVENT_READ, callback)

    def remove_reader(self, fd: int, /) -> bool:
        """Forgets a descriptor. False if it was not added."""
        if fd not in self._selector.get_map():
            return False
        self._selector.unregister(fd)
        return True

    def call_later(self, delay: float, callback: Callable[[], object], /) -> CallerTimer:
        """Calls back once, in the first turn after so many seconds."""
        timer = CallerTimer(callback)
        heapq.heappush(self._timers, (time.monotonic() + delay, next(self._numbers), timer))
        return timer

    def is_closed(self) -> bool:
        """False: it has no end of its own."""
        return False

    # ---- For its caller ----

    def fileno(self) -> int:
        """A descriptor that is readable while one of those that were added is."""
        fileno: int = self._selector.fileno()  # those of Linux, macOS and the BSDs have one
        return fileno

    def timeout(self) -> float | None:
        """Seconds until the next time comes; None: none is to come."""
        timers = self._timers
        while timers and timers[0][2].callback is None:
            heapq.heappop(timers)
        return max(timers[0][0] - time.monotonic(), 0.0) if timers else None

    def turn(self, seconds: float | None) -> bool:
        """Waits until a descriptor is readable or a time comes, for so many seconds at most (None: without end), and
        calls back. Gives whether it called anything.

        Raises:
            BaseException: a callback raised it; those behind it are called in the next turn.
        """
        called = False
        bounds = [bound for bound in (seconds, self.timeout()) if bound is not None]
        for key, _ in self._selector.select(min(bounds, default=None)):
            if key.fd in self._selector.get_map():  # unless a callback before this one has removed it
                called = True
                key.data()
        now, last = time.monotonic(), next(self._numbers)
        while self._timers and self._timers[0][:2] < (now, last):
            timer = heapq.heappop(self._timers)[2]
            callback, timer.callback = timer.callback, None
            if callback is not None:
                called = True
                callback()
        return called
