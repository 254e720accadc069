"""Listeners: callbacks for events, on the scheduler's asyncio thread."""

from __future__ import annotations

import inspect
import logging
import threading
from collections.abc import Callable

from .._failures import is_ctrl_c
from ..events import SchedulerEvent

Listener = Callable[..., object]

logger = logging.getLogger("uvsched")


class Listeners:
    """The listeners of one scheduler. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: tuple[tuple[Listener, int], ...] = ()

    @property
    def mask(self) -> int:
        """The codes that some listener wants."""
        total = 0
        for _, mask in self._entries:
            total |= mask
        return total

    def add(self, callback: Listener, mask: int) -> None:
        """Adds a listener.

        Raises:
            TypeError: the callback cannot be called, or is a coroutine function.
        """
        if not callable(callback):
            raise TypeError(f"callback: {callback!r} cannot be called")
        if inspect.iscoroutinefunction(callback):
            raise TypeError(f"callback: {callback!r} is a coroutine function; a listener is a plain function")
        with self._lock:
            self._entries = (*self._entries, (callback, mask))

    def remove(self, callback: Listener) -> bool:
        """Removes a listener; False when there is none such."""
        with self._lock:
            kept = tuple(entry for entry in self._entries if entry[0] != callback)
            found = len(kept) != len(self._entries)
            self._entries = kept
        return found

    def dispatch(self, event: SchedulerEvent) -> None:
        """Calls the listeners that want this event. One that raises, SystemExit too, is logged and does not disturb the
        others.

        Raises:
            KeyboardInterrupt: Ctrl-C came in a listener; the others have been called.
        """
        interrupt: BaseException | None = None
        for callback, mask in self._entries:
            if event.code & mask:
                try:
                    callback(event)
                except BaseException as error:
                    if is_ctrl_c(error):
                        interrupt = error
                    else:
                        logger.exception("listener %r failed on %r", callback, event)
        if interrupt is not None:
            raise interrupt
