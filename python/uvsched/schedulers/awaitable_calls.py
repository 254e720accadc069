"""AwaitableCalls: calls that wait for a store, made elsewhere, so that an event loop goes on."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import contextvars
import functools
import os
from collections.abc import Callable
from typing import TypeVar

from .announcements import Announcements
from .configuration import Configuration
from .loop_calls import called_for

T = TypeVar("T")

_THREADS = 32  # enough that a store commits many calls at once


class AwaitableCalls:
    """Makes calls in threads of its own, which start when they are needed and end when they are idle at exit. In a
    scheduler without threads of its own it makes them in place."""

    def __init__(self, configuration: Configuration, announcements: Announcements) -> None:
        self._configuration = configuration
        self._announcements = announcements
        self._pool: concurrent.futures.ThreadPoolExecutor | None = None
        self._process = 0

    async def make(self, call: Callable[[], T]) -> T:
        """Makes a call in the caller's context. If the caller is cancelled, the call is not made, or goes on to its
        end: it is never left half done."""
        if not self._configuration.own_threads:
            return call()
        loop = asyncio.get_running_loop()
        context = contextvars.copy_context()
        told = functools.partial(self._told_on, loop, call)
        return await loop.run_in_executor(self._threads(), functools.partial(context.run, called_for, loop, told))

    def _told_on(self, loop: asyncio.AbstractEventLoop, call: Callable[[], T]) -> T:
        """Makes the call; listeners hear of it on the loop's thread, before its caller goes on there."""
        with self._announcements.collected() as events:
            try:
                return call()
            finally:
                if events:
                    with contextlib.suppress(RuntimeError):  # the loop was closed: its caller is gone
                        loop.call_soon_threadsafe(self._announcements.tell_all, events)

    def _threads(self) -> concurrent.futures.ThreadPoolExecutor:
        if self._pool is None or self._process != os.getpid():  # threads do not survive a fork
            self._pool = concurrent.futures.ThreadPoolExecutor(_THREADS, "uvsched-call")
            self._process = os.getpid()
        return self._pool
