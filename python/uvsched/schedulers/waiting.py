"""Waiting: how a shutdown waits for runs under way: it names them, and Ctrl-C ends it."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any

from .listeners import logger
from .loop_calls import SLICE

if TYPE_CHECKING:
    from typing_extensions import Self

    from .. import _core

_FIRST = 0.3  # seconds that it waits before it says so
_PERIOD = 5.0
_NAMES = 5


class Waiting:
    """One wait. As a context manager it also ends at SIGINT if the program has a handler of its own, which is called
    first: a server that has begun to stop merely notes a second Ctrl-C. Python's own handler raises KeyboardInterrupt,
    and needs no help.

    Args:
        timeout: seconds; None: for ever.
        runs: gives the names of the runs under way.
        wake: called when SIGINT ended the wait, on the main thread.
    """

    def __init__(self, timeout: float | None, runs: Callable[[], Sequence[str]], wake: Callable[[], object]) -> None:
        now = time.monotonic()
        self._end = None if timeout is None else now + timeout
        self._word = now + _FIRST
        self._runs = runs
        self._wake = wake
        self._handler: Any = None
        self._ended = False
        self.interrupted = False

    @property
    def over(self) -> bool:
        """Whether its time is over, or SIGINT came."""
        return self.interrupted or (self._end is not None and time.monotonic() >= self._end)

    def pause(self) -> float:
        """Logs which runs it waits for, if it is time to, and gives the seconds until the next call."""
        now = time.monotonic()
        if now >= self._word:
            self._word = now + _PERIOD
            logger.info("%s", self._text(now))
        return max(min(self._word, math.inf if self._end is None else self._end) - now, 0.0)

    def _text(self, now: float) -> str:
        names = sorted(self._runs())
        left = "" if self._end is None else f" ({math.ceil(self._end - now)} s left)"
        if not names:
            return f"waiting for results to be stored{left}"
        more = len(names) - _NAMES
        shown = ", ".join(names[:_NAMES]) + (f" and {more} more" if more > 0 else "")
        return f"waiting for {len(names)} run{'' if len(names) == 1 else 's'}: {shown}{left}"

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            handler = signal.getsignal(signal.SIGINT)
            if callable(handler) and handler is not signal.default_int_handler:
                self._handler = handler
                signal.signal(signal.SIGINT, self._on_sigint)
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        if self._handler is None:
            return
        # Waits of several schedulers end in any order: the handler below those that have ended is put back.
        found: Any = signal.getsignal(signal.SIGINT)
        below = found
        while isinstance(wait := getattr(below, "__self__", None), Waiting) and wait._ended:
            below = wait._handler
        if below is not found:
            signal.signal(signal.SIGINT, below)

    def _on_sigint(self, number: int, frame: FrameType | None) -> None:
        try:
            self._handler(number, frame)
        finally:
            if not self._ended:
                self.interrupted = True
                self._wake()


def wait_for_stores(engine: _core.Engine, deadline: float) -> None:
    """Waits until results are stored and the stores closed, but not for functions in threads.

    Args:
        deadline: when to give up, by time.monotonic().
    """
    while not engine.wait(round(SLICE * 1000)) and not engine.stats()["in_flight"] and time.monotonic() < deadline:
        pass
