"""Listeners: callbacks for events, and the coroutines of those that are coroutine functions."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from .._failures import is_ctrl_c
from .._functions import kind_of, name_of
from ..events import SchedulerEvent
from .listener_tasks import ListenerTasks

Listener = Callable[..., object]

logger = logging.getLogger("uvsched")


class Listeners:
    """The listeners of one scheduler. Thread-safe.

    Args:
        tasks: where coroutines are awaited; None if there is no asyncio loop.

    Attributes:
        mask: the codes that some listener wants.
    """

    def __init__(self, tasks: ListenerTasks | None) -> None:
        self._tasks = tasks
        self._lock = threading.Lock()
        self._entries: tuple[tuple[Listener, int, bool], ...] = ()
        self.mask = 0

    def add(self, callback: Listener, mask: int) -> None:
        """Adds a listener.

        Raises:
            TypeError: the callback cannot be called, or is a generator function, or a coroutine function that no loop
            can await; the mask is not a number.
        """
        if not isinstance(mask, int):
            raise TypeError(
                f"mask: {mask!r} is not a number of event codes, such as TASK_ERROR | TASK_MISSED of "
                "uvsched.events.constants"
            )
        if not callable(callback):
            raise TypeError(f"callback: {callback!r} cannot be called")
        kind = kind_of(callback)
        awaited = kind == "coroutine function"
        if awaited and self._tasks is None:
            raise TypeError(
                f"callback: {name_of(callback)} is a coroutine function, which this scheduler has no loop for: "
                "write a plain function, or use an AsyncIOScheduler"
            )
        if kind is not None and not awaited:
            raise TypeError(f"callback: {name_of(callback)} is a {kind}; calling it runs nothing")
        with self._lock:
            self._set((*self._entries, (callback, int(mask), awaited)))

    def remove(self, callback: Listener) -> bool:
        """Removes a listener. False if it was not added."""
        with self._lock:
            kept = tuple(entry for entry in self._entries if entry[0] != callback)
            found = len(kept) != len(self._entries)
            self._set(kept)
        return found

    def _set(self, entries: tuple[tuple[Listener, int, bool], ...]) -> None:
        self._entries = entries
        total = 0
        for _, mask, _ in entries:
            total |= mask
        self.mask = total

    def dispatch(self, event: SchedulerEvent) -> None:
        """Calls the listeners that want this event; coroutines are awaited later, on the loop. A listener that raises,
        even SystemExit, is logged and does not disturb the others.

        Raises:
            KeyboardInterrupt: Ctrl-C came in a listener; the others have been called.
        """
        interrupt: BaseException | None = None
        for callback, mask, awaited in self._entries:
            if event.code & mask:
                if awaited and self._tasks is not None:
                    self._tasks.start(callback, event)
                    continue
                try:
                    callback(event)
                except BaseException as error:
                    if is_ctrl_c(error):
                        interrupt = error
                    else:
                        logger.exception("listener %r failed on %r", callback, event)
        if interrupt is not None:
            raise interrupt
