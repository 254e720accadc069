"""DebugExecutor: plain functions, called in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from .base import BaseExecutor, Readers, check_unused
from .on_loop import OnLoop

if TYPE_CHECKING:
    from .._core import Engine, InlineConsumer, RunObject

# Runs that are claimed at once, and wait for a turn of the loop: enough of them to be worth it, and no more.
_ROOM = 512


class DebugExecutor(OnLoop, BaseExecutor):
    """Calls plain functions directly on the thread of the scheduler's loop, one after the other.

    The fastest executor for functions that take microseconds; a slow one holds up the loop. Each run has a copy of the
    context (contextvars) in which the scheduler was started. Coroutine functions are refused when they are added: they
    need the AsyncIOExecutor.
    """

    alias: ClassVar[str] = "debug"
    needs_asyncio: ClassVar[bool] = False
    awaits: ClassVar[bool] = False

    _consumer: InlineConsumer | None

    def open(self, engine: Engine, alias: str, loop: Readers) -> None:
        check_unused(self, self._consumer is not None)
        consumer = engine.attach_inline(alias, _ROOM)
        self._watch(loop, consumer, consumer.drain)

    def leave(self, cancel: bool, more: bool) -> bool:
        """What waits behind the function that shuts the scheduler down comes after it."""
        return (more and self.calls) or super().leave(cancel, more)

    @property
    def calls(self) -> bool:
        return self.busy > 0

    @property
    def busy(self) -> int:
        return 0 if self._consumer is None else self._consumer.busy

    def _under_way(self) -> list[RunObject]:
        return [] if self._consumer is None else self._consumer.runs
