"""MemoryStore: tasks live as long as the process."""

from __future__ import annotations

from typing import Any, ClassVar

from .._names import with_hints
from .base import BaseStore


class MemoryStore(BaseStore):
    """Keeps tasks in memory, with their functions and arguments as the objects that they are.

    Args:
        history: how many ended runs are remembered, the newest of all tasks together.

    Raises:
        TypeError, ValueError: naming the argument.
    """

    __slots__ = ("history",)

    alias: ClassVar[str] = "memory"
    durable: ClassVar[bool] = False

    @with_hints
    def __init__(self, *, history: int = 10_000) -> None:
        if not isinstance(history, int):
            raise TypeError(f"history: expected a whole number, not {type(history).__name__}")
        if history < 0:
            raise ValueError(f"history: {history} is negative")
        self.history = history

    def why_shared(self) -> str | None:
        return None

    def settings(self) -> dict[str, Any]:
        return {"type": "memory", "history": self.history}

    def __repr__(self) -> str:
        return "MemoryStore()"
