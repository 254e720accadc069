"""OnLoop: a consumer of the engine that is drained on the thread of a loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from .base import Readers


class Consumer(Protocol):
    """What all consumers of the engine have."""

    @property
    def fd(self) -> int:
        """Readable while there is something to take."""

    def close(self, cancel: bool, usable: bool) -> None:
        """See BaseExecutor.close()."""


class OnLoop:
    """The half of an executor that has one consumer, and the loop on which it is drained."""

    def __init__(self) -> None:
        self._consumer: Consumer | None = None
        self._loop: Readers | None = None
        self._drain: Callable[[], object] | None = None

    def _watch(self, loop: Readers, consumer: Consumer, drain: Callable[[], object]) -> None:
        self._loop = loop
        self._consumer = consumer
        self._drain = drain
        loop.add_reader(consumer.fd, drain)

    def drain(self) -> None:
        """See BaseExecutor.drain()."""
        if self._drain is not None:
            self._drain()

    def close(self, cancel: bool, usable: bool) -> None:
        """See BaseExecutor.close()."""
        consumer, loop = self._consumer, self._loop
        if consumer is None or loop is None:
            return
        self._consumer = self._loop = self._drain = None
        if usable:
            loop.remove_reader(consumer.fd)
        consumer.close(cancel, usable)

    def forget(self) -> Any:
        """See BaseExecutor.forget()."""
        consumer, self._consumer = self._consumer, None
        self._loop = self._drain = None
        return consumer
