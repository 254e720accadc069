"""What the executors have in common."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from .._core import Engine


class BaseExecutor:
    """Runs tasks' functions. Making one opens nothing; a scheduler opens it when it starts and closes it when it stops.

    An executor belongs to one scheduler at a time.
    """

    alias: ClassVar[str] = ""

    def open(self, engine: Engine, alias: str, loop: asyncio.AbstractEventLoop) -> None:
        """Begins to take runs from the engine's queue `alias`. The scheduler calls it, on the loop's thread if it runs.

        Raises:
            ValueError: the executor is in use by another scheduler.
        """
        raise NotImplementedError

    def close(self, cancel: bool, usable: bool) -> None:
        """Takes no more runs and gives back those that wait. Never blocks. On the loop's thread, or when the loop does
        not run.

        Coroutines under way are cancelled, and reported as cancelled.

        Args:
            cancel: runs in threads are reported as cancelled too, instead of when they end.
            usable: False when the loop is closed.
        """
        raise NotImplementedError

    def forget(self) -> Any:
        """In the child of a fork: lets go of what belongs to the parent, untouched, and gives it to be kept."""
        raise NotImplementedError

    @property
    def busy(self) -> int:
        """How many runs are under way."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def check_unused(executor: BaseExecutor, in_use: bool) -> None:
    """Raises ValueError when an executor that is already open is opened again."""
    if in_use:
        raise ValueError(f"executors: {executor!r} is in use by another scheduler; give each scheduler its own")
