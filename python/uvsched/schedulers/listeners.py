"""Listeners: callbacks for events, on the scheduler's asyncio thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from .._failures import is_ctrl_c
from .._functions import kind_of, name_of
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
            TypeError: the callback cannot be called, or is a coroutine or generator function; the mask is not a number.
        """
        if not isinstance(mask, int):
            raise TypeError(
                f"mask: {mask!r} is not a number of event codes, such as TASK_ERROR | TASK_MISSED of "
                "uvsched.events.constants"
            )
        if not callable(callback):
            raise TypeError(f"callback: {callback!r} cannot be called")
        kind = kind_of(callback)
        if kind is not None:
            raise TypeError(
                f"callback: {name_of(callback)} is a {kind}; calling it runs nothing: write a plain function, "
                "which may start a coroutine with asyncio.ensure_future()"
            )
        with self._lock:
            self._entries = (*self._entries, (callback, int(mask)))

    def remove(self, callback: Listener) -> bool:
        """Removes a listener. False if it was not added."""
        with self._lock:
            kept = tuple(entry for entry in self._entries if entry[0] != callback)
            found = len(kept) != len(self._entries)
            self._entries = kept
        return found

    def dispatch(self, event: SchedulerEvent) -> None:
        """Calls the listeners that want this event. A listener that raises, even SystemExit, is logged and does not
        disturb the others.

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
