"""DebugExecutor: plain functions, called in place."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar

from .base import BaseExecutor, check_unused

if TYPE_CHECKING:
    from .._core import Engine, InlineConsumer

# Claimed runs that wait count as running: enough of them to be worth a turn of the loop, and no more.
_ROOM = 512


class DebugExecutor(BaseExecutor):
    """Calls plain functions directly on the scheduler's asyncio thread, one after the other.

    The fastest executor for functions that take microseconds; a slow one holds up the loop. Coroutine functions fail
    here: they need the AsyncIOExecutor.
    """

    alias: ClassVar[str] = "debug"

    def __init__(self) -> None:
        self._consumer: InlineConsumer | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self, engine: Engine, alias: str, loop: asyncio.AbstractEventLoop) -> None:
        check_unused(self, self._consumer is not None)
        consumer = engine.attach_inline(alias, _ROOM)
        self._loop = loop
        self._consumer = consumer
        loop.add_reader(consumer.fd, consumer.drain)

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
