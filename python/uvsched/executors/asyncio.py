"""AsyncIOExecutor: coroutines on the running loop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar

from .base import BaseExecutor, check_unused

if TYPE_CHECKING:
    from .._core import Engine, Fire, LoopConsumer

# Claimed runs that wait count as running: enough of them to be worth a turn of the loop, and no more.
_ROOM = 512


class AsyncIOExecutor(BaseExecutor):
    """Runs coroutine functions as asyncio tasks on the scheduler's loop, other functions in its default executor.

    Each run has a context of its own (a copy of the context in which the scheduler was started). A coroutine is
    cancelled when its run is cancelled; a function in a thread cannot be, and its end is then ignored.
    """

    alias: ClassVar[str] = "asyncio"

    def __init__(self) -> None:
        self._consumer: LoopConsumer | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self, engine: Engine, alias: str, loop: asyncio.AbstractEventLoop) -> None:
        check_unused(self, self._consumer is not None)
        consumer = engine.attach_loop(alias, _ROOM, loop.create_task, loop.call_soon, self._run_in_thread)
        self._loop = loop
        self._consumer = consumer
        loop.add_reader(consumer.fd, consumer.drain)

    def _run_in_thread(self, fire: Fire) -> asyncio.Future[None]:
        assert self._loop is not None
        return self._loop.run_in_executor(None, fire.__call__)  # no loop takes what looks like a coroutine

    def close(self, cancel: bool, usable: bool) -> None:
        consumer, loop = self._consumer, self._loop
        if consumer is None or loop is None:
            return
        self._consumer = self._loop = None
        if usable:
            loop.remove_reader(consumer.fd)
        consumer.close(cancel, usable)

    def forget(self) -> Any:
        consumer, self._consumer = self._consumer, None
        self._loop = None
        return consumer

    @property
    def busy(self) -> int:
        return 0 if self._consumer is None else self._consumer.busy
