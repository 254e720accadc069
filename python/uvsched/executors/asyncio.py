"""AsyncIOExecutor: coroutines on the running loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from .base import BaseExecutor, Readers, check_unused
from .on_loop import OnLoop

if TYPE_CHECKING:
    from .._core import Engine, LoopConsumer, RunObject

# Runs that are claimed at once, and wait for a turn of the loop: enough of them to be worth it, and no more.
_ROOM = 512


class AsyncIOExecutor(OnLoop, BaseExecutor):
    """Runs coroutine functions as asyncio tasks on the scheduler's loop, other functions in its default executor.

    Each run has a copy of the context (contextvars) in which the scheduler was started. A coroutine is
    cancelled when its run is cancelled; a function in a thread cannot be, and its end is then ignored.
    """

    alias: ClassVar[str] = "asyncio"

    _consumer: LoopConsumer | None

    def open(self, engine: Engine, alias: str, loop: Readers) -> None:
        check_unused(self, self._consumer is not None)
        assert isinstance(loop, asyncio.AbstractEventLoop)
        consumer = engine.attach_loop(alias, _ROOM, loop.create_task, loop.call_soon, self._run_in_thread)
        self._watch(loop, consumer, consumer.drain)

    def _run_in_thread(self, run: RunObject) -> asyncio.Future[None]:
        assert isinstance(self._loop, asyncio.AbstractEventLoop)
        return self._loop.run_in_executor(None, run.__call__)  # no loop takes what looks like a coroutine

    def leave(self, cancel: bool, more: bool) -> bool:
        return (self._consumer is not None and self._consumer.leave(cancel)) or super().leave(cancel, more)

    @property
    def busy(self) -> int:
        return 0 if self._consumer is None else self._consumer.busy

    def _under_way(self) -> list[RunObject]:
        return [] if self._consumer is None else self._consumer.runs
