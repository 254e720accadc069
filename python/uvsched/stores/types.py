"""The type of stores in annotations."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

__all__ = ["StoreType"]


@runtime_checkable
class StoreType(Protocol):
    """A store as a scheduler sees it; every BaseStore is one. The engine reads and writes it: in Python it is only what
    the engine is told."""

    def settings(self) -> dict[str, Any]: ...
