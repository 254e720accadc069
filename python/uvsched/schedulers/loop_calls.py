"""Calls across the threads of asyncio loops."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

SLICE = 0.1
"""Seconds: a waiting call looks this often whether the loop is still there."""

_callers = threading.local()

T = TypeVar("T")


def called_for(loop: asyncio.AbstractEventLoop, call: Callable[[], T]) -> T:
    """Makes a call on this thread, for a coroutine that waits for it on a loop."""
    _callers.loop = loop
    try:
        return call()
    finally:
        del _callers.loop


def callers_loop() -> asyncio.AbstractEventLoop | None:
    """The loop that runs on this thread, or on which a coroutine waits for the call that this thread makes."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return getattr(_callers, "loop", None)


def is_current(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether the loop runs on this thread."""
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


class _LoopCall:
    """A call that a thread waits for. One thread makes it: the first that comes to it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, call: Callable[[], Any]) -> None:
        self.loop = loop
        self.done = threading.Event()
        self.failure: BaseException | None = None
        self._call = call
        self._claim = threading.Lock()

    @property
    def waits(self) -> bool:
        """Whether nobody has come to it yet."""
        return not self._claim.locked()

    def make(self) -> None:
        if not self._claim.acquire(blocking=False):
            return
        try:
            self._call()
        except BaseException as error:
            self.failure = error
        finally:
            self.done.set()


_awaited: list[_LoopCall] = []
"""The calls that threads wait for now; single steps are guarded by the GIL."""

_changed = threading.Condition()
"""Notified when a call is added, and when a lock of held() is let go."""


def on_loop(loop: asyncio.AbstractEventLoop, call: Callable[[], Any]) -> None:
    """Makes a call on the loop's thread and waits for it; here and now if the loop does not run, or runs here."""
    if not loop.is_running() or is_current(loop):
        call()
        return
    awaited = _LoopCall(loop, call)
    with _changed:
        _awaited.append(awaited)
        _changed.notify_all()
    try:
        loop.call_soon_threadsafe(awaited.make)
        while not awaited.done.wait(SLICE):
            if loop.is_closed() or not loop.is_running():
                awaited.make()
    finally:
        _awaited.remove(awaited)
    if awaited.failure is not None:
        raise awaited.failure


@contextlib.contextmanager
def held(lock: threading.RLock) -> Iterator[None]:
    """Holds a lock whose holder may wait for a loop, on any thread: while a loop's own thread waits for the lock, it
    makes the calls that others wait for on that loop, because one of them may be the holder's."""
    while calls := _acquire(lock):
        for awaited in calls:
            awaited.make()
    try:
        yield
    finally:
        with _changed:
            _changed.notify_all()
            lock.release()


def _acquire(lock: threading.RLock) -> list[_LoopCall]:
    """Waits for a lock, or for calls that others wait for on this thread's loop, which are returned."""
    with _changed:
        while not lock.acquire(blocking=False):
            calls = [awaited for awaited in _awaited if awaited.waits and is_current(awaited.loop)]
            if calls:
                return calls
            _changed.wait()
    return []


def _after_fork() -> None:
    """In the child: threads that held the condition, or waited for calls, are not here."""
    global _changed
    _changed = threading.Condition()
    _awaited.clear()


os.register_at_fork(after_in_child=_after_fork)


async def in_thread(call: Callable[..., Any], *arguments: Any) -> None:
    """Makes a call in a thread of its own: those of the loop may be busy with runs."""
    pool = concurrent.futures.ThreadPoolExecutor(1, "uvsched-shutdown")
    try:
        await asyncio.get_running_loop().run_in_executor(pool, call, *arguments)
    finally:
        pool.shutdown(wait=False)


async def is_set(event: asyncio.Event, seconds: float) -> bool:
    """Waits for an event, so many seconds at most."""
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    return event.is_set()
