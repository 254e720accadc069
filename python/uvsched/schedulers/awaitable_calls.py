"""AwaitableCalls: calls that wait for a store, made elsewhere, so that an event loop goes on."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import functools
import os
from collections.abc import Callable
from typing import TypeVar

from .configuration import Configuration
from .loop_calls import called_for

T = TypeVar("T")

_THREADS = 32  # enough that a store commits many calls at once


class AwaitableCalls:
    """Makes calls in threads of its own, which start when they are needed and end when they are idle at exit. In a
    scheduler without threads of its own it makes them in place."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._pool: concurrent.futures.ThreadPoolExecutor | None = None
        self._process = 0

    async def make(self, call: Callable[[], T]) -> T:
        """Makes a call in the caller's context. If the caller is cancelled, the call is not made, or goes on to its
        end: it is never left half done."""
        if not self._configuration.own_threads:
            return call()
        loop = asyncio.get_running_loop()
        context = contextvars.copy_context()
        return await loop.run_in_executor(self._threads(), functools.partial(context.run, called_for, loop, call))

    def _threads(self) -> concurrent.futures.ThreadPoolExecutor:
        if self._pool is None or self._process != os.getpid():  # threads do not survive a fork
            self._pool = concurrent.futures.ThreadPoolExecutor(_THREADS, "uvsched-call")
            self._process = os.getpid()
        return self._pool
